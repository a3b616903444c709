import { describe, expect, it } from 'vitest';
import { readText, wireEvent } from '../../test/wire-events.ts';
import { parseRequestJson } from '../canonical-json/request-json.ts';
import { parseStrictJson } from '../canonical-json/strict-json.ts';

const MiB = 1024 * 1024;

function strict(source: string | Uint8Array): string {
  const parsed = parseStrictJson(source, { numbers: 'preserved' });
  return parsed.ok ? 'ok' : parsed.error.code;
}

function request(source: Uint8Array): string {
  const parsed = parseRequestJson(source);
  return parsed.ok ? 'ok' : parsed.error.code;
}

describe('B5 the parsers', { timeout: 60_000 }, () => {
  it.each([
    ['100,000 levels of arrays', '['.repeat(100_000)],
    ['100,000 levels of objects', '{"a":'.repeat(100_000)],
    ['100,000 levels, closed', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['levels of both', '[{"a":'.repeat(50_000)],
  ])('refuse %s as too deep', (_, text) => {
    expect([strict(text), request(Buffer.from(text))]).toEqual(['too_deep', 'too_deep']);
    expect(readText(JSON.stringify(wireEvent('11')).replace('"hello"', text), '11')).toBe('invalid_json');
  });

  it('read 12.5 MiB of empty arrays in less than a second of work', () => {
    const text = `[${'[],'.repeat((12.5 * MiB) / 3)}[]]`;
    const start = process.cpuUsage();
    expect(strict(text)).toBe('ok');
    const { user } = process.cpuUsage(start);
    expect(user / 1e6).toBeLessThan(5);
  });

  it('read a million keys in time that grows with their number', () => {
    const text = `{${Array.from({ length: 1_000_000 }, (_, i) => `"k${i}":0`).join(',')}}`;
    expect(strict(text)).toBe('ok');
    expect(strict(`${text.slice(0, -1)},"k999999":0}`)).toBe('duplicate_key');
  });

  it.each<[string, number[]]>([
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d]],
    ['UTF-16, little end first', [0x7b, 0, 0x7d, 0]],
    ['UTF-16, big end first', [0, 0x7b, 0, 0x7d]],
    ['UTF-16 with its mark', [0xff, 0xfe, 0x7b, 0, 0x7d, 0]],
    ['UTF-32', [0x7b, 0, 0, 0, 0x7d, 0, 0, 0]],
    ['a truncated character', [0x22, 0xf0, 0x9f, 0x98, 0x22]],
    ['a truncated character at the end', [0x22, 0xe6, 0x97]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an overlong NUL', [0x22, 0xc0, 0x80, 0x22]],
    ['an overlong quotation mark', [0xc0, 0xa2, 0x61, 0x22]],
    ['a surrogate as bytes', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a pair of surrogates as bytes', [0x22, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80, 0x22]],
    ['a code point beyond the last', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['a byte that is never in UTF-8', [0x22, 0xff, 0x22]],
    ['gzip', [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]],
    ['nothing', []],
    ['spaces', [0x20, 0x0a]],
    ['a vertical tab', [0x0b, 0x7b, 0x7d]],
    ['a no-break space', [0xc2, 0xa0, 0x7b, 0x7d]],
  ])('refuse %s', (_, bytes) => {
    const source = Uint8Array.from(bytes);
    expect(['syntax', 'invalid_utf8']).toContain(strict(source));
    expect(['syntax', 'invalid_utf8']).toContain(request(source));
  });

  it('refuse a key that comes twice, however it is written', () => {
    for (const text of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"é":1,"\\u00e9":1}', '[{"":0,"":0}]'])
      expect(strict(text)).toBe('duplicate_key');
    for (const text of ['{"a":1,"A":1}', '{"a":{"a":1}}', '{"é":1,"e\u0301":1}']) expect(strict(text)).toBe('ok');
  });

  it('refuse in a string what must be escaped, and escapes that are none', () => {
    for (let c = 0; c < 0x20; c++) expect(strict(`"${String.fromCharCode(c)}"`)).toBe('syntax');
    for (const written of ['\\x41', '\\u12', '\\u{41}', '\\a', '\\', "\\'", '\\U0041', '\\u 041', '\\u+041'])
      expect(strict(`"${written}"`)).toBe('syntax');
  });
});
