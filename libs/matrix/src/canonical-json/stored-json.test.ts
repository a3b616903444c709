import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStoredJson } from './stored-json.ts';

describe('stored JSON', () => {
  it('is read as the platform reads it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(JSON.stringify(parseStoredJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('has its own keys, whatever keys were in another before', () => {
    const keys = ['\\', '\n', '"', '\t', '/', '\\"', 'a\\', '\u0001'];
    for (const key of keys) {
      const text = JSON.stringify({ [key]: 1 });
      for (const written of [text, text.replace(':', ' \n:')])
        expect(Object.keys(Object(parseStoredJson(written)))).toEqual([key]);
      const inner = parseStoredJson(`["x\\"\\n:",{"body":"\\\\","b":${text}}]`);
      expect(inner).toEqual(['x"\n:', { body: '\\', b: { [key]: 1 } }]);
    }
  });

  it('has its own keys after thousands of other texts', () => {
    const keys = ['\\', '\n', '"', '\t', '/', 'a', 'b', '', 'a\\', 'a\n', '\\\\'];
    let seed = 1;
    const below = (limit: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    for (let round = 0; round < 20_000; round++) {
      const chosen = [...new Set(Array.from({ length: 1 + below(4) }, () => keys[below(keys.length)] ?? ''))];
      const text = `{${chosen.map((key) => `${JSON.stringify(key)}:${['1', '"x"', 'null', '[]'][below(4)]}`).join(',')}}`;
      expect(Object.keys(Object(parseStoredJson(text)))).toEqual(chosen);
    }
  });

  it('of old rooms may hold numbers beyond a double', () => {
    expect(Object.keys(Object(parseStoredJson('{"\\n":1e999}')))).toEqual(['\n']);
  });

  it.each(['', '{', '{"\\n":', '{"\\n":1', '"\\', '\\', '{"\\n"}'])('is not %j', (text) => {
    expect(() => parseStoredJson(text)).toThrow(SyntaxError);
  });
});
