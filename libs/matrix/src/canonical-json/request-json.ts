import type { Result } from '../result.ts';
import type { JsonError } from './json-error.ts';
import { isJsonObject, type JsonValue } from './json-value.ts';
import { decodeUtf8, type NumberRules, parseStrictJson } from './strict-json.ts';

/** Levels of arrays and objects in the body of a request. */
export const MAX_REQUEST_DEPTH = 100;
/** Levels in the body of a request of another server: one deeply nested event of a transaction must not refuse the others. */
const MAX_SIGNED_DEPTH = 1000;

export type RequestJsonOptions = {
  /**
   * `canonical` for bodies that become the content of an event, where `1.0` and `1e3` are refused too. `preserved` for
   * bodies that another server has signed: numbers that a double would change keep their source text as RawNumber.
   */
  readonly numbers: NumberRules;
};

/**
 * Parses the body of an HTTP request. Ordinary JSON, but at most 100 levels deep, valid UTF-8, without lone surrogates
 * and without numbers beyond a double; nothing in it reaches an object's prototype.
 *
 * The platform's parser does the work after one scan of the bytes; only what that parser would hide (escapes that may be
 * half a surrogate pair, `__proto__`, an exponent) goes to the strict parser, which also refuses duplicate keys. So do keys
 * with an escape: once V8 13.6 has seen `{"\\":1}`, it reads `{"\n":1}` and `{"\"":1}` as that (Node.js 24.21).
 */
export function parseRequestJson(
  body: Uint8Array,
  options: RequestJsonOptions = { numbers: 'ordinary' },
): Result<JsonValue, JsonError> {
  const { numbers } = options;
  const maxDepth = numbers === 'preserved' ? MAX_SIGNED_DEPTH : MAX_REQUEST_DEPTH;
  const seen = scan(body, maxDepth);
  if (seen.tooDeep) return { ok: false, error: { code: 'too_deep' } };
  const text = decodeUtf8(body);
  if (text === undefined) return { ok: false, error: { code: 'invalid_utf8' } };
  if (
    seen.unicodeEscape ||
    seen.escapedKey ||
    seen.exponent ||
    (numbers !== 'ordinary' && seen.fraction) ||
    (numbers === 'preserved' && seen.unsafeInteger) ||
    text.includes('__proto__')
  )
    return parseStrictJson(text, { numbers, maxDepth });
  const value = parsePlain(text);
  if (value === undefined) return { ok: false, error: { code: 'syntax' } };
  return numbers === 'canonical' || seen.longNumber ? checked(value, numbers) : { ok: true, value };
}

/**
 * Checks a value that was parsed already, such as the content of an event, for what canonical JSON cannot hold. A fraction
 * of zero (`1.0`) or an exponent is no longer seen here: parseRequestJson with canonical numbers refuses those.
 */
export function requireCanonical(value: JsonValue): JsonError | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? undefined : { code: 'not_an_integer' };
  if (typeof value === 'string') return value.isWellFormed() ? undefined : { code: 'lone_surrogate' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return firstError(value);
  if (!isJsonObject(value)) return { code: 'not_an_integer' };
  for (const key of Object.keys(value)) {
    const error = requireCanonical(key) ?? requireCanonical(value[key] ?? null);
    if (error !== undefined) return error;
  }
  return undefined;
}

function firstError(values: JsonValue[]): JsonError | undefined {
  for (const value of values) {
    const error = requireCanonical(value);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checked(value: JsonValue, numbers: NumberRules): Result<JsonValue, JsonError> {
  const error = numbers === 'canonical' ? requireCanonical(value) : requireFinite(value);
  return error === undefined ? { ok: true, value } : { ok: false, error };
}

function requireFinite(value: JsonValue): JsonError | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { code: 'number_out_of_range' };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const item of Object.values(value)) {
    const error = requireFinite(item);
    if (error !== undefined) return error;
  }
  return undefined;
}

function parsePlain(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

type Seen = {
  tooDeep: boolean;
  unicodeEscape: boolean;
  escapedKey: boolean;
  fraction: boolean;
  exponent: boolean;
  unsafeInteger: boolean;
  longNumber: boolean;
};

/** Integers of more digits than this may be beyond 2^53 and then change when they become doubles. */
const LONGEST_SAFE_RUN = 15;

/** Longer runs of digits than this may be beyond a double. */
const LONGEST_FINITE_RUN = 300;

/** One pass over the bytes, without judging whether they are JSON. */
function scan(bytes: Uint8Array, maxDepth: number): Seen {
  const seen: Seen = {
    tooDeep: false,
    unicodeEscape: false,
    escapedKey: false,
    fraction: false,
    exponent: false,
    unsafeInteger: false,
    longNumber: false,
  };
  let depth = 0;
  let lastOther = -1;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i] ?? 0;
    if (c >= 0x30 && c <= 0x39) {
      if (i - lastOther > LONGEST_SAFE_RUN) {
        seen.unsafeInteger = true;
        if (i - lastOther > LONGEST_FINITE_RUN) seen.longNumber = true;
      }
      continue;
    }
    if (c === 0x22) i = endOfString(bytes, i, seen);
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth) seen.tooDeep = true;
    } else if (c === 0x7d || c === 0x5d) depth--;
    else if (c === 0x2e || (c === 0x2d && bytes[i + 1] === 0x30)) seen.fraction = true;
    else if ((c | 0x20) === 0x65 && lastOther !== i - 1) seen.exponent = true;
    lastOther = i;
  }
  return seen;
}

function endOfString(bytes: Uint8Array, start: number, seen: Seen): number {
  let i = start + 1;
  let escaped = false;
  for (; i < bytes.length && bytes[i] !== 0x22; i++) {
    if (bytes[i] !== 0x5c) continue;
    escaped = true;
    i++;
    if (bytes[i] === 0x75) seen.unicodeEscape = true;
  }
  if (escaped && isBeforeColon(bytes, i + 1)) seen.escapedKey = true;
  return i;
}

function isBeforeColon(bytes: Uint8Array, from: number): boolean {
  let i = from;
  while (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0a || bytes[i] === 0x0d) i++;
  return bytes[i] === 0x3a;
}
