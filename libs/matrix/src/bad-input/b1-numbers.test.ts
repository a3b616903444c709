import { describe, expect, it } from 'vitest';
import { versions } from '../../test/auth-fixtures.ts';
import { readEvent, wireEvent } from '../../test/wire-events.ts';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { parseRequestJson, requireCanonical } from '../canonical-json/request-json.ts';
import { contentHash } from '../events/hashes.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { rulesOf } from '../room-versions/room-versions.ts';

const notJson = ['NaN', 'Infinity', '-Infinity', '+1', '01', '1.', '.5', '0x10', '1_0', '--1', '1e', 'undefined'];
const notCanonical = [
  '-0',
  '-0.0',
  '1.0',
  '1.5',
  '1e3',
  '1E3',
  '1e-3',
  '9007199254740992',
  '-9007199254740992',
  '9223372036854775808',
  '1e400',
  `1${'0'.repeat(400)}`,
];
const canonical = ['0', '-1', '9007199254740991', '-9007199254740991'];

describe.each(versions)('B1 numbers in events of room version %s', (version) => {
  const strict = rulesOf(version).numbers === 'canonical';

  it.each(notJson)('%s is no number', (lexeme) =>
    expect(readEvent(version, { content: { n: '@' } }, lexeme)).toBe('invalid_json'),
  );

  it.each(canonical)('%s is one', (lexeme) =>
    expect(readEvent(version, { content: { deep: [{ n: '@' }] } }, lexeme)).toBe('ok'),
  );

  it.each(notCanonical)('%s is one only where the room is old, and stays as it was written', (lexeme) => {
    expect(readEvent(version, { content: { deep: [{ n: '@' }] } }, lexeme)).toBe(strict ? 'invalid_json' : 'ok');
    if (strict) return;
    const text = canonicalJson(wireEvent(version, { content: { n: '@' } })).replace('"@"', lexeme);
    const parsed = parsePdu(text, rulesOf(version));
    if (!parsed.ok) throw new Error(parsed.error.code);
    expect(parsed.value.json).toBe(text);
    const otherwise = canonicalJson(wireEvent(version, { content: { n: '@' } })).replace('"@"', '1');
    const other = parsePdu(otherwise, rulesOf(version));
    expect(other.ok && contentHash(other.value.object)).not.toBe(contentHash(parsed.value.object));
  });

  it.each(['-0', '1.0', '1e3', '9007199254740992', '"1"', 'null', 'true', '[]'])(
    '%s is no time of an event',
    (lexeme) => {
      const expected = strict && /^[-0-9]/.test(lexeme) ? 'invalid_json' : 'origin_server_ts';
      expect(readEvent(version, { origin_server_ts: '@' }, lexeme)).toBe(expected);
    },
  );
});

describe('B1 numbers in requests', () => {
  const read = (lexeme: string, numbers: 'ordinary' | 'canonical') => {
    const parsed = parseRequestJson(Buffer.from(`{"n":${lexeme}}`), { numbers });
    return parsed.ok ? 'ok' : parsed.error.code;
  };

  it.each(notJson)('%s is no number', (lexeme) => {
    expect([read(lexeme, 'ordinary'), read(lexeme, 'canonical')]).toEqual(['syntax', 'syntax']);
  });

  it.each(notCanonical)('%s is none for an event', (lexeme) =>
    expect(read(lexeme, 'canonical')).toBe('not_an_integer'),
  );

  it.each(canonical)('%s is one everywhere', (lexeme) => {
    expect([read(lexeme, 'ordinary'), read(lexeme, 'canonical')]).toEqual(['ok', 'ok']);
  });

  it('are refused once parsed too, as far as they still show', () => {
    for (const n of [Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53])
      expect(requireCanonical({ a: [{ n }] })).toEqual({ code: 'not_an_integer' });
    expect(requireCanonical({ a: [{ n: 2 ** 53 - 1 }] })).toBeUndefined();
  });
});
