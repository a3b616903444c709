import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequestJson, requireCanonical } from './request-json.ts';

function ordinary(text: string) {
  const result = parseRequestJson(Buffer.from(text));
  return result.ok ? result.value : result.error.code;
}

function canonical(text: string) {
  const result = parseRequestJson(Buffer.from(text), { numbers: 'canonical' });
  return result.ok ? result.value : result.error.code;
}

describe('the body of a request', () => {
  it('is read as the platform reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(JSON.stringify(ordinary(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('has its own keys, whatever keys were in another before', () => {
    for (const text of [
      '{"\\\\":1}',
      '{"\\n":1}',
      '{"\\"" :1}',
      '{"a":1,"\\\\":1}',
      '{"a":1,"\\t"\n:1}',
      '{"a":1,"\\/":1}',
    ]) {
      const keys = /"(?:[^"\\]|\\.)*"(?=\s*:)/g[Symbol.match](text) ?? [];
      expect(Object.keys(Object(ordinary(text)))).toEqual(keys.map((key) => String(JSON.parse(key))));
    }
  });

  it('may hold floats where it is not an event', () => {
    expect(ordinary('{"a":1.5,"b":1e3}')).toEqual({ a: 1.5, b: 1000 });
  });

  it.each([
    '1.0',
    '1.5',
    '1e3',
    '1E3',
    '1e400',
    '-0',
    '-0.0',
    '9007199254740992',
    '-9007199254740993',
    '12345678901234567890',
  ])('of an event may not hold %s', (lexeme) =>
    expect(canonical(`{"body":"a.b-0 1e3","n":[${lexeme}]}`)).toBe('not_an_integer'),
  );

  it('of an event may hold dots and exponents inside strings', () => {
    expect(canonical('{"a.b":"1.5 \\" 1e3 -0","c":[0,-1,10]}')).toEqual({ 'a.b': '1.5 " 1e3 -0', c: [0, -1, 10] });
  });

  it.each(['1e400', '-1e999', `1${'0'.repeat(400)}`, `${'9'.repeat(400)}.5`])(
    'may never hold the infinite %s',
    (lexeme) => {
      expect(ordinary(`{"n":${lexeme}}`)).toBe('number_out_of_range');
    },
  );

  it('may hold a number with many digits that is finite', () => {
    expect(ordinary(`{"n":[0.${'0'.repeat(400)}1,"x"]}`)).toEqual({ n: [0, 'x'] });
  });

  it.each(['', '{', '{"a":}', '[1,]', 'nope', '\ufeff{}', '"\u0001"'])('refuses %j', (text) => {
    expect(ordinary(text)).toBe('syntax');
  });

  it('refuses bytes that are not UTF-8, and lone surrogates written as escapes', () => {
    expect(parseRequestJson(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({
      ok: false,
      error: { code: 'invalid_utf8' },
    });
    expect(ordinary('{"a":"\\ud800"}')).toBe('lone_surrogate');
    expect(ordinary('{"a":"\\ud83d\\ude00"}')).toEqual({ a: '😀' });
  });

  it('refuses more than a hundred levels, counting no bracket inside a string', () => {
    expect(ordinary(`${'['.repeat(100)}${']'.repeat(100)}`)).not.toBe('too_deep');
    expect(ordinary(`${'['.repeat(101)}${']'.repeat(101)}`)).toBe('too_deep');
    expect(ordinary('{"a":'.repeat(500_000))).toBe('too_deep');
    expect(ordinary(JSON.stringify({ a: '['.repeat(500), b: '\\"{'.repeat(200) }))).not.toBe('too_deep');
  });

  it.each(['{"__proto__":{"admin":true}}', '{"\\u005f_proto__":{"admin":true}}'])(
    'cannot reach a prototype by %s',
    (text) => {
      const value = ordinary(text);
      expect(Reflect.get(Object(value), 'admin')).toBeUndefined();
      expect(Object.keys(Object(value))).toEqual(['__proto__']);
    },
  );
});

describe('a value that was parsed already', () => {
  it('is canonical without floats, unsafe integers and lone surrogates', () => {
    expect(requireCanonical({ a: [1, 'b', null, true, { c: -5 }] })).toBeUndefined();
    for (const bad of [1.5, 2 ** 53, Number.POSITIVE_INFINITY])
      expect(requireCanonical({ a: [bad] })?.code).toBe('not_an_integer');
    for (const bad of [{ a: '\ud800' }, { '\udc00': 1 }]) expect(requireCanonical(bad)?.code).toBe('lone_surrogate');
  });
});
