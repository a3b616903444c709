import { stringify as anotherCanonicalJson } from 'another-json';
import { describe, expect, it } from 'vitest';
import { caseTimeout, forCases, type Random, testCases } from '../../test/random.ts';
import { brokenText, randomJsonText, randomValue } from '../../test/random-json.ts';
import { canonicalJson } from './canonical-json.ts';
import { isJsonObject, type JsonValue } from './json-value.ts';
import { parseRequestJson } from './request-json.ts';
import { type NumberRules, parseStrictJson } from './strict-json.ts';

function strict(source: string | Uint8Array, numbers: NumberRules): string {
  const parsed = parseStrictJson(source, { numbers });
  return parsed.ok ? JSON.stringify(parsed.value) : parsed.error.code;
}

/** Keys with a backslash: once V8 13.6 has seen one, it takes for it other keys in its place whose escaped form begins like it. */
const misleadsPlatform = /\\\\|\\u005c/i;

/** What the platform's parser makes of the text, or that it is none. */
function platform(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return 'syntax';
  }
}

/** Not expect(), which takes twenty times as long as the cases themselves. */
function assertSame(actual: unknown, expected: unknown, about: string): void {
  if (actual !== expected) throw new Error(`${about}\nis       ${String(actual)}\nnot      ${String(expected)}`);
}

const refusedByStrictAlone = ['duplicate_key', 'lone_surrogate', 'number_out_of_range', 'too_deep'];

describe('the strict parser', () => {
  it('reads what the platform reads, and keeps every number as it was written', { timeout: caseTimeout }, () => {
    forCases((random) => {
      const text = randomJsonText(random);
      const parsed = parseStrictJson(text, { numbers: 'preserved' });
      if (!parsed.ok) throw new Error(`${text} is refused: ${parsed.error.code}`);
      const once = canonicalJson(parsed.value);
      const again = parseStrictJson(once, { numbers: 'preserved' });
      assertSame(again.ok && canonicalJson(again.value), once, text);
      assertSame(numbersIn(once).join(), numbersIn(text).join(), text);
      if (misleadsPlatform.test(text)) return;
      const ordinary = strict(text, 'ordinary');
      if (ordinary === 'number_out_of_range') assertSame(/1e400/i.test(text), true, text);
      else assertSame(ordinary, platform(text), text);
    });
  });

  it('refuses as syntax what the platform refuses, and no more', { timeout: caseTimeout }, () => {
    forCases((random) => {
      const text = brokenText(randomJsonText(random, 3), random);
      if (misleadsPlatform.test(text)) return;
      const ordinary = strict(text, 'ordinary');
      if (!refusedByStrictAlone.includes(ordinary)) assertSame(ordinary, platform(text), text);
    });
  });

  it('ends with a value or an error for whatever bytes', { timeout: caseTimeout }, () => {
    const numbers = ['ordinary', 'preserved', 'canonical'] as const;
    forCases((random) => {
      const bytes = randomBytes(random);
      if (misleadsPlatform.test(bytes.toString('latin1'))) return;
      const answer = strict(bytes, random.oneOf(numbers));
      if (answer === 'invalid_utf8') assertSame(isUtf8(bytes), false, bytes.toString('hex'));
      const request = parseRequestJson(bytes);
      if (request.ok) assertSame(JSON.stringify(request.value), platform(bytes.toString()), bytes.toString('hex'));
    });
  });
});

describe('canonical JSON', () => {
  it("is what a second implementation makes and, where that is right, Matrix's own JavaScript library; and reads back as itself", {
    timeout: caseTimeout,
  }, () => {
    let compared = 0;
    forCases((random) => {
      const value = randomValue(random);
      const text = canonicalJson(value);
      assertSame(text, plainlyWritten(value), text);
      assertSame(canonicalJson(shuffledKeys(value, random)), text, text);
      const back = parseStrictJson(text, { numbers: 'canonical' });
      assertSame(back.ok && canonicalJson(back.value), text, text);
      // That library orders by UTF-16 unit, writes \U for \u and loses an own __proto__.
      if (/[\ud800-\udfff\ue000-\uffff]|\\u|__proto__/.test(text)) return;
      assertSame(String(anotherCanonicalJson(value)), text, text);
      compared++;
    });
    if (testCases > 100) expect(compared).toBeGreaterThan(0);
  });
});

/** The numbers outside of strings, in alphabetical order: their order in the text is not that of the keys. */
function numbersIn(text: string): string[] {
  return (text.replace(/"(?:[^"\\]|\\.)*"/gs, '""').match(/-?\d[\d.eE+-]*/g) ?? []).sort();
}

/** By the specification's words, with bytes compared. */
function plainlyWritten(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(plainlyWritten).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${plainlyWritten(item)}`).join(',')}}`;
}

function shuffledKeys(value: JsonValue, random: Random): JsonValue {
  if (Array.isArray(value)) return value.map((item) => shuffledKeys(item, random));
  if (!isJsonObject(value)) return value;
  const object: Record<string, JsonValue> = Object.create(null);
  for (const [key, item] of random.shuffled(Object.entries(value))) object[key] = shuffledKeys(item, random);
  return object;
}

/** JSON with some bytes changed, or bytes of no meaning. */
function randomBytes(random: Random): Buffer {
  const bytes = Buffer.from(random.isOneIn(4) ? 'x'.repeat(random.below(20)) : randomJsonText(random, 3));
  for (let i = random.below(4); i > 0 && bytes.length > 0; i--)
    bytes[random.below(bytes.length)] = random.oneOf([
      0,
      0x22,
      0x5c,
      0x7b,
      0x5b,
      0x80,
      0xc0,
      0xed,
      0xf0,
      0xff,
      random.below(256),
    ]);
  return bytes;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
