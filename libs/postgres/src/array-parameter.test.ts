import { describe, expect, test } from 'vitest';
import { toParameter } from './array-parameter.ts';
import { UnstorableTextError } from './unstorable-text-error.ts';

describe('arrays become array literals', () => {
  test.each([
    ['numbers', [1, -2, null], '{1,-2,NULL}'],
    ['booleans', [true, false, null], '{t,f,NULL}'],
    ['text', ['a', '', 'NULL', null], '{"a","","NULL",NULL}'],
    ['text that needs escapes', ['say "hi"', 'back\\slash', '{a,b}'], '{"say \\"hi\\"","back\\\\slash","{a,b}"}'],
    ['bytes', [Buffer.from([0, 255]), null], '{\\\\x00ff,NULL}'],
    ['nothing', [], '{}'],
  ])('%s', (_name, given, literal) => {
    expect(toParameter(given)).toBe(literal);
  });
});

test('what is no array stays as it is', () => {
  const bytes = Buffer.from('abc');
  expect(toParameter(bytes)).toBe(bytes);
  expect(toParameter(null)).toBeNull();
  expect(toParameter('{1}')).toBe('{1}');
});

test.each([['a\0b'], [['a', '\0']], [[null, 'a\0']]])(
  'text with U+0000 is refused before it reaches PostgreSQL: %j',
  (value) => {
    expect(() => toParameter(value)).toThrow(UnstorableTextError);
  },
);

test('bytes and escaped JSON may hold U+0000', () => {
  const bytes = Buffer.from('a\0b');
  expect(toParameter(bytes)).toBe(bytes);
  expect(toParameter([bytes])).toBe('{\\\\x610062}');
  expect(toParameter(JSON.stringify({ text: 'a\0b' }))).toBe('{"text":"a\\u0000b"}');
});
