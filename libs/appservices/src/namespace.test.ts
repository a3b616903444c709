import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileNamespace, compileNamespaces, MAX_EXPRESSION_LENGTH } from './namespace.ts';

function matches(expression: string, id: string): boolean {
  const compiled = compileNamespace(expression);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled.matches(id);
}

function problem(expression: string): string | undefined {
  const compiled = compileNamespace(expression);
  return 'problem' in compiled ? compiled.problem : undefined;
}

describe('a namespace', () => {
  it.each([
    ['@irc_.*', '@irc_bob:example.org'],
    ['^@irc_.*:example\\.org$', '@irc_bob:example.org'],
    // re.escape of Python, before 3.7 and after.
    ['\\#telegram_.*:example\\.com', '#telegram_x:example.com'],
    ['\\@telegram\\_[0-9]+\\:my\\-server\\.org', '@telegram_12:my-server.org'],
    ['@bot\\ü\\ \\/:x', '@botü /:x'],
    // regexp.QuoteMeta of Go.
    ['^@whatsapp_.*:example\\.com$', '@whatsapp_49:example.com'],
    ['(?i)@IRC_.*', '@irc_bob:example.org'],
    ['@(?i:IRC)_', '@irc_bob:example.org'],
    ['(?i-s)@IRC', '@irc'],
    ['(?u)@irc', '@irc'],
    ['@(?P<network>[a-z]+)_(?<nick>\\w+)', '@irc_bob:example.org'],
    ['@\\d{3}\\D\\w\\W', '@123ab:'],
    ['@[[:alpha:]]+[^[:space:]]:', '@bob1:'],
    ['@[\\w\\-.]+:', '@a-b.c:'],
    ['@[]a]+:', '@]a:'],
    ['@[^]]+:', '@a:'],
    ['@[a[]:', '@[:'],
    ['@a{2,3}?b{,2}c{1,}:', '@aaac:'],
    ['@{a}:', '@{a}:'],
    ['@\\x41\\u0042\\x{43}\\U00000044:', '@ABCD:'],
    ['@\\Qa.b\\E:', '@a.b:'],
    ['@\\p{Greek}\\pL:', '@λz:'],
    ['@a(?#of the network):', '@a:'],
    ['@a:example\\.org\\Z', '@a:example.org'],
    ['\\A@a\\b:', '@a:'],
    ['@(?:a|b|)c', '@c'],
    ['@😀+:', '@😀😀:'],
  ])('%s contains %s', (expression, id) => {
    expect(matches(expression, id)).toBe(true);
  });

  it.each([
    ['@irc_.*', 'x@irc_bob:example.org'],
    ['@irc_|@xmpp_', 'x@xmpp_bob'],
    ['\\#telegram_.*:example\\.com', '#telegram_x:exampleXcom'],
    ['@a\\.b', '@axb'],
    ['@\\Qa.b\\E', '@axb'],
    ['@irc_.*:example\\.org$', '@irc_bob:example.org.evil'],
    ['(?i:@a)B', '@ab'],
    ['@[^]]+:', '@]:'],
  ])('%s does not contain %s', (expression, id) => {
    expect(matches(expression, id)).toBe(false);
  });

  it.each([
    ['@(?=a)', '"(?=" at character 2: lookahead is not supported'],
    ['@\\(?!(?!a)', '"(?!" at character 6: lookahead is not supported'],
    ['(?<=a)@', '"(?<=" at character 1: lookbehind is not supported'],
    ['(?<!a)@', '"(?<!" at character 1: lookbehind is not supported'],
    ['(?>a)', '"(?>" at character 1: atomic groups are not supported'],
    ['(?P<a>b)(?P=a)', '"(?P=" at character 9: backreferences are not supported'],
    ['(a)\\1', '"\\\\1" at character 4: backreferences are not supported'],
    ['(a)(?(1)b|c)', '"(?(" at character 4: conditional groups are not supported'],
    ['(?x) a', '"x" at character 3: this flag is not supported'],
    ['@a++', '"+" at character 4: possessive quantifiers are not supported'],
    ['@a**', '"*" at character 4: what is repeated already cannot be repeated again'],
    ['*a', '"*" at character 1: there is nothing to repeat'],
    ['a|+', '"+" at character 3: there is nothing to repeat'],
    ['a{1001}', '"{1001}" at character 2: more than 1000 repetitions are not supported'],
    ['@(a', '"(" at character 2: the group is not closed'],
    ['@a)', '")" at character 3: there is no group to close'],
    ['@[a-', '"[" at character 2: the character class is not closed'],
    ['a\\', '"\\\\" at character 2: nothing follows the backslash'],
    ['a\\k', '"\\\\k" at character 2: this escape is not known'],
    ['\\x{110000}', '"\\\\x{110000}" at character 1: there is no such character'],
    ['\\pq', '"\\\\p" at character 1: the name of a Unicode property is missing'],
    ['@[z-a]', '"z-a": invalid character class range'],
  ])('that cannot be compiled, %s, is a problem: %s', (expression, expected) => {
    expect(problem(expression)).toBe(expected);
  });

  it('of any length up to the limit matches, and a longer one is a problem: none matches nothing in silence', () => {
    for (const length of [1025, 2000, MAX_EXPRESSION_LENGTH])
      expect(matches('@|'.repeat(length / 2).padEnd(length, '@'), '@irc_bob:example.org')).toBe(true);
    expect(problem('@'.repeat(MAX_EXPRESSION_LENGTH + 1))).toBe('has 4097 characters; at most 4096 are supported');
    expect(() => compileNamespaces(['@a', '('])).toThrow('the group is not closed');
  });

  it('takes linear time for any identifier', () => {
    const id = `@${'a'.repeat(250)}!`;
    const startedAt = performance.now();
    for (const expression of ['@(a+)+$', '@(a|aa)+$', '@(a*)*b', '@(.*a){20}b'])
      expect(matches(expression, id)).toBe(false);
    // Backtracking would take longer than the age of the universe.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('contains what the platform says it contains, for expressions that both understand', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(?:a|b)', '\\w', 'ab', '\\.', '@');
    const quantified = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}', '*?')).map((parts) => parts.join(''));
    const expression = fc.array(quantified, { maxLength: 5 }).map((parts) => parts.join(''));
    const id = fc.string({ unit: fc.constantFrom('a', 'b', '.', '@', 'x'), maxLength: 8 });
    fc.assert(
      fc.property(expression, id, (text, subject) => {
        expect(matches(text, subject)).toBe(new RegExp(`^(?:${text})`, 'u').test(subject));
      }),
    );
  });

  it('that is any text is compiled or is a problem', () => {
    const unit = fc.constantFrom(...Array.from('()[]{}|*+?\\^$.,-:!<>=#PQEUuxibdZz019@ü😀'));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const compiled = compileNamespace(text);
        if ('matches' in compiled) compiled.matches('@a:b');
        else expect(compiled.problem).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});
