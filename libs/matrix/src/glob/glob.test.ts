import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, containsWords, MAX_GLOB_LENGTH } from './glob.ts';

const whole = (pattern: string, text: string, ignoreCase = true) => compileGlob(pattern, { ignoreCase }).matches(text);
const word = (pattern: string, text: string) => compileGlob(pattern, { ignoreCase: true }).matchesWord(text);

describe('a glob over the whole text', { timeout: 60_000 }, () => {
  it.each([
    ['', ''],
    ['*', ''],
    ['*', 'anything'],
    ['lunc?*', 'LUNCH'],
    ['lunc?*', 'Lunch plans'],
    ['*.example.org', 'a.b.example.org'],
    ['a*b*c', 'a--b-c-b-c'],
    ['?', '😀'],
    ['*?', '😀'],
    ['a?*?', 'a😀😀'],
    ['**', ''],
    ['[a-z]+', '[a-z]+'],
    ['a.c', 'a.c'],
  ])('%j is %j', (pattern, text) => expect(whole(pattern, text)).toBe(true));

  it.each([
    ['', 'a'],
    ['lunc?*', ' lunch'],
    ['lunc?*', 'lunc'],
    ['*.example.org', 'example.org'],
    ['a*a', 'a'],
    ['a.c', 'abc'],
    ['??', '😀'],
    ['a*b?', 'ab'],
  ])('%j is not %j', (pattern, text) => expect(whole(pattern, text)).toBe(false));

  it('heeds case when told to', () => {
    expect([whole('A', 'a', true), whole('A', 'a', false), whole('A', 'A', false)]).toEqual([true, false, true]);
  });

  it('agrees with a regular expression', () => {
    const letters = (...more: string[]) => fc.string({ unit: fc.constantFrom('a', 'b', '😀', ...more), maxLength: 10 });
    fc.assert(
      fc.property(letters('*', '?'), letters(), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su');
        expect(whole(pattern, text, false)).toBe(expression.test(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('takes no time for patterns that make expressions backtrack', () => {
    const text = 'a'.repeat(60_000);
    expect(whole(`${'a*'.repeat(120)}b`, text)).toBe(false);
    expect(word(`${'*a?'.repeat(80)}b`, text)).toBe(false);
    const start = process.cpuUsage();
    const long = 'a'.repeat(MAX_GLOB_LENGTH - 4);
    for (const pattern of [`*?${long}b*`, `*${long}b*`, `*b${long}*`, `*${long.replace('aa', 'b?')}*`, long])
      for (const matches of [whole, word]) expect(matches(pattern, text)).toBe(false);
    expect(containsWords(`x${text}`, long)).toBe(false);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(1);
  });

  it('that is longer than any use of it matches nothing, runs of * counted once', () => {
    expect(whole('a'.repeat(MAX_GLOB_LENGTH), 'a'.repeat(MAX_GLOB_LENGTH))).toBe(true);
    expect(whole('a'.repeat(MAX_GLOB_LENGTH + 1), 'a'.repeat(MAX_GLOB_LENGTH + 1))).toBe(false);
    expect(whole(`a${'*'.repeat(100_000)}b`, 'a--b')).toBe(true);
  });

  it('of long pieces agrees with a regular expression too', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b', '😀', ' '), minLength: 65, maxLength: 90 });
    fc.assert(
      fc.property(letters, letters, letters, fc.array(fc.nat(64), { maxLength: 3 }), (before, middle, after, holes) => {
        const characters = Array.from(middle);
        for (const hole of holes) characters[hole] = '?';
        const pattern = characters.join('');
        const text = before + middle + after;
        expect(whole(`*${pattern}*`, text, false)).toBe(true);
        expect(whole(`*${pattern}*`, before + after, false)).toBe(expressionOf(pattern).test(before + after));
        for (const each of [text, `${before} ${middle} ${after}`, middle])
          expect(word(pattern, each)).toBe(wordOf(pattern).test(each));
      }),
      { numRuns: 300 },
    );

    function expressionOf(pattern: string): RegExp {
      return new RegExp(pattern.replaceAll('?', '.'), 'su');
    }

    function wordOf(pattern: string): RegExp {
      const boundary = '(?:^|$|(?<![A-Za-z0-9_])|(?![A-Za-z0-9_]))';
      return new RegExp(`${boundary}${expressionOf(pattern).source}${boundary}`, 'isu');
    }
  });
});

describe('a glob over words', () => {
  it.each([
    ['ex*ple', 'An example event.'],
    ['ex*ple', 'exple'],
    ['ex*ple', 'An exciting triple-whammy'],
    ['alice', 'hello Alice!'],
    ['alice', 'ALICE'],
    ['@room', 'x @room y'],
    ['c++', 'I like c++'],
    ['cat', 'catcat cat'],
    ['*cake', 'a cake'],
    ['日本', '日本語'],
  ])('%j is in %j', (pattern, text) => expect(word(pattern, text)).toBe(true));

  it.each([
    ['alice', 'malice'],
    ['alice', 'alices'],
    ['alice', 'alice_'],
    ['cat', 'concatenate'],
    ['cat', 'cata'],
    ['cat', 'zcat'],
    ['cat', '0cat cat9'],
    ['cat', 'Zcat catA'],
    ['a*z', 'no'],
    ['ca?e', 'cases'],
  ])('%j is not in %j', (pattern, text) => expect(word(pattern, text)).toBe(false));
});
