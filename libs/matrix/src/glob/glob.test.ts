import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from './glob.ts';

const whole = (pattern: string, text: string, ignoreCase = true) => compileGlob(pattern, { ignoreCase }).matches(text);
const word = (pattern: string, text: string) => compileGlob(pattern, { ignoreCase: true }).matchesWord(text);

describe('a glob over the whole text', () => {
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
