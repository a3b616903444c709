import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, compareCodePoints, NotCanonicalError } from './canonical-json.ts';
import { isJsonObject, type JsonValue, ownValue } from './json-value.ts';
import { RawNumber } from './raw-number.ts';
import { parseStrictJson } from './strict-json.ts';

/** Appendices, "Canonical JSON", Examples. */
const specification: [string, string][] = [
  ['{}', '{}'],
  ['{ "one": 1, "two": "Two" }', '{"one":1,"two":"Two"}'],
  ['{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'],
  ['{"b":"2","a":"1"}', '{"a":"1","b":"2"}'],
  [
    '{"auth":{"success":true,"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"medium":"email","address":"john.doe@example.org"},{"medium":"msisdn","address":"123456789"}]}}}',
    '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
  ],
  ['{ "a": "日本語" }', '{"a":"日本語"}'],
  ['{ "本": 2, "日": 1 }', '{"日":1,"本":2}'],
  ['{ "a": "\\u65E5" }', '{"a":"日"}'],
  ['{ "a": null }', '{"a":null}'],
];

describe('canonical JSON', () => {
  it.each(specification)('of %s is %s', (source, expected) => {
    const parsed = parseStrictJson(source, { numbers: 'canonical' });
    expect(parsed.ok && canonicalJson(parsed.value)).toBe(expected);
  });

  it('of numbers that are integers is their digits, however they were written; in events they must have been so', () => {
    const source = '{ "a": -0, "b": 1e10 }';
    const value: JsonValue = JSON.parse(source);
    expect(canonicalJson(value)).toBe('{"a":0,"b":10000000000}');
    expect(canonicalJson([value, { '1': -0, a: 1 }])).toBe('[{"a":0,"b":10000000000},{"1":0,"a":1}]');
    expect(parseStrictJson(source, { numbers: 'canonical' })).toMatchObject({ error: { code: 'not_an_integer' } });
  });

  it('orders keys by code point, which UTF-16 does not', () => {
    expect(canonicalJson({ '\u{1f600}': 1, '\uff5e': 2, a: 3 })).toBe('{"a":3,"\uff5e":2,"\u{1f600}":1}');
  });

  it('orders keys that look like array indices as text', () => {
    expect(canonicalJson({ '9': 1, '10': 2, a: { b: 1, '2': 1, '11': 1 } })).toBe(
      '{"10":2,"9":1,"a":{"11":1,"2":1,"b":1}}',
    );
  });

  it('escapes only what it must', () => {
    expect(canonicalJson('\b\t\n\f\r"\\/\u0000\u001f\u007f\u0080\u2028é')).toBe(
      '"\\b\\t\\n\\f\\r\\"\\\\/\\u0000\\u001f\u007f\u0080\u2028é"',
    );
  });

  it('keeps text that merely looks like an escaped surrogate', () => {
    expect(canonicalJson({ b: '\\ud800', a: 1 })).toBe('{"a":1,"b":"\\\\ud800"}');
  });

  it('writes preserved numbers as they were', () => {
    expect(canonicalJson({ b: new RawNumber('1.50'), a: [new RawNumber('12345678901234567890')] })).toBe(
      '{"a":[12345678901234567890],"b":1.50}',
    );
    expect(JSON.stringify({ a: new RawNumber('1.50') })).toBe('{"a":1.50}');
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '\ud800', { '\udc00': 1 }])('refuses %j', (value) => {
    expect(() => canonicalJson([{ b: value, a: 1 }])).toThrow(NotCanonicalError);
  });

  it('leaves the value it is given unchanged', () => {
    const value = { b: [{ d: 1, c: 2 }], a: { f: 1, e: 2 } };
    canonicalJson(value);
    expect(JSON.stringify(value)).toBe('{"b":[{"d":1,"c":2}],"a":{"f":1,"e":2}}');
  });

  it('compares code points like bytes of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

describe('values', () => {
  it('own only what they hold', () => {
    const value: JsonValue = JSON.parse('{"a":1}');
    expect(isJsonObject(value) && [ownValue(value, 'a'), ownValue(value, 'constructor')]).toEqual([1, undefined]);
    expect([isJsonObject([]), isJsonObject(null), isJsonObject(new RawNumber('1'))]).toEqual([false, false, false]);
  });
});
