import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { RawNumber } from './raw-number.ts';
import { type NumberRules, parseStrictJson } from './strict-json.ts';

function parse(source: string | Uint8Array, numbers: NumberRules = 'canonical', maxDepth = 1000) {
  const result = parseStrictJson(source, { numbers, maxDepth });
  return result.ok ? result.value : result.error.code;
}

describe('the strict parser', () => {
  it.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"a":1,}',
    '{a:1}',
    "'a'",
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '+1',
    'nul',
    'truex',
    '"\n"',
    '"\\x"',
    '"\\u12"',
    '"',
    '1 2',
    '\ufeff1',
    '{"a"1}',
    'NaN',
    'undefined',
  ])('refuses %j as syntax', (text) => expect(parse(text, 'preserved')).toBe('syntax'));

  it.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":1}', '[{"__proto__":1,"__proto__":2}]'])(
    'refuses the repeated key of %s',
    (text) => {
      expect(parse(text)).toBe('duplicate_key');
    },
  );

  it.each(['"\\ud800"', '"\\udc00\\ud800"', '{"\\udfff":1}'])('refuses the lone surrogate of %s', (text) => {
    expect(parse(text)).toBe('lone_surrogate');
    expect(parse('"\\ud83d\\ude00"')).toBe('😀');
  });

  it.each(['1.0', '1e3', '-0', '1.5', '9007199254740992', '-9007199254740992', '1E0', '0.0', '1e400', '-0.0'])(
    'refuses %s under canonical rules and keeps its text under those of old rooms',
    (lexeme) => {
      expect(parse(`{"n":${lexeme}}`)).toBe('not_an_integer');
      expect(parse(lexeme, 'preserved')).toEqual(new RawNumber(lexeme));
    },
  );

  it('reads integers up to 2^53 - 1 as numbers', () => {
    expect(parse('[0,9007199254740991,-9007199254740991]')).toEqual([
      0,
      Number.MAX_SAFE_INTEGER,
      -Number.MAX_SAFE_INTEGER,
    ]);
  });

  it('refuses, in ordinary JSON, only numbers that are infinite', () => {
    expect(parse('[1.5,1e3,-0]', 'ordinary')).toEqual([1.5, 1000, -0]);
    expect(parse('1e400', 'ordinary')).toBe('number_out_of_range');
  });

  it('refuses more levels than asked for, without regard to how many there are', () => {
    expect(parse('[[1]]', 'canonical', 2)).toEqual([[1]]);
    expect(parse('[[[1]]]', 'canonical', 2)).toBe('too_deep');
    expect(parse('['.repeat(1_000_000))).toBe('too_deep');
    expect(parse('[[],[],[[]],{"a":[]}]', 'canonical', 3)).toEqual([[], [], [[]], { a: [] }]);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parse(Buffer.from([0x22, 0xc3, 0x22]))).toBe('invalid_utf8');
    expect(parse(Buffer.from('"é"'))).toBe('é');
    expect(parse(Buffer.from([0xef, 0xbb, 0xbf, 0x31]))).toBe('syntax');
  });

  it('treats the names of inherited properties as any key', () => {
    const value = parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3}');
    expect(canonicalJson(value)).toBe('{"__proto__":{"polluted":1},"constructor":2,"toString":3}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(Object(parse('{}')), 'constructor')).toBeUndefined();
  });
});
