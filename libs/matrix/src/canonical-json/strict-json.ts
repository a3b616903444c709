import type { Result } from '../result.ts';
import type { JsonError, JsonErrorCode } from './json-error.ts';
import { emptyJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import { RawNumber } from './raw-number.ts';

/**
 * What becomes of numbers. `canonical`: integers within ±(2^53 − 1) and nothing else (events since room version 6).
 * `preserved`: all, those that a JavaScript number would change as RawNumber (room versions 1 to 5). `ordinary`: all finite ones.
 */
export type NumberRules = 'canonical' | 'preserved' | 'ordinary';

export type StrictJsonOptions = {
  readonly numbers: NumberRules;
  /** Levels of arrays and objects, 1,000 when absent. */
  readonly maxDepth?: number;
};

const DEFAULT_MAX_DEPTH = 1000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON as events need it: duplicate keys and lone surrogates are refused, numbers follow the rules given, objects
 * inherit nothing. Errors: every JsonErrorCode. Appendices, "Canonical JSON".
 */
export function parseStrictJson(source: string | Uint8Array, options: StrictJsonOptions): Result<JsonValue, JsonError> {
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (text === undefined) return { ok: false, error: { code: 'invalid_utf8' } };
  try {
    return { ok: true, value: new StrictParser(text, options.numbers, options.maxDepth ?? DEFAULT_MAX_DEPTH).parse() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: { code: error.code, position: error.position } };
    throw error;
  }
}

/** The text of UTF-8 bytes, or undefined when they are not. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

class Refusal extends Error {
  readonly code: JsonErrorCode;
  readonly position: number;

  constructor(code: JsonErrorCode, position: number) {
    super(code);
    this.code = code;
    this.position = position;
  }
}

class StrictParser {
  readonly #text: string;
  readonly #numbers: NumberRules;
  readonly #maxDepth: number;
  #position = 0;
  #depth = 0;

  constructor(text: string, numbers: NumberRules, maxDepth: number) {
    this.#text = text;
    this.#numbers = numbers;
    this.#maxDepth = maxDepth;
  }

  parse(): JsonValue {
    const value = this.#value();
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw this.#refuse('syntax');
    return value;
  }

  #value(): JsonValue {
    this.#skipSpace();
    switch (this.#text.charCodeAt(this.#position)) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #object(): JsonObject {
    this.#enter();
    const object = emptyJsonObject();
    if (this.#closes(0x7d)) return object;
    do {
      this.#skipSpace();
      const at = this.#position;
      const key = this.#string();
      if (key in object) throw new Refusal('duplicate_key', at);
      this.#skipSpace();
      this.#expect(0x3a);
      object[key] = this.#value();
    } while (this.#continues(0x7d));
    return object;
  }

  #array(): JsonValue[] {
    this.#enter();
    const array: JsonValue[] = [];
    if (this.#closes(0x5d)) return array;
    do array.push(this.#value());
    while (this.#continues(0x5d));
    return array;
  }

  #string(): string {
    const text = this.#text;
    this.#expect(0x22);
    const start = this.#position;
    let end = start;
    let plain = true;
    for (; ; end++) {
      const c = text.charCodeAt(end);
      if (c === 0x22) break;
      if (c >= 0xd800 && c <= 0xdfff) plain = false;
      else if (c === 0x5c) {
        plain = false;
        end++;
      } else if (!(c >= 0x20)) {
        this.#position = end;
        throw this.#refuse('syntax');
      }
    }
    this.#position = end + 1;
    return plain ? text.slice(start, end) : this.#escapedString(start, end);
  }

  #escapedString(start: number, end: number): string {
    let unescaped: string;
    try {
      unescaped = String(JSON.parse(this.#text.slice(start - 1, end + 1)));
    } catch {
      throw new Refusal('syntax', start);
    }
    if (!unescaped.isWellFormed()) throw new Refusal('lone_surrogate', start);
    return unescaped;
  }

  #number(): number | RawNumber {
    const start = this.#position;
    if (this.#peek() === 0x2d) this.#position++;
    const first = this.#position;
    this.#digits();
    if (this.#text.charCodeAt(first) === 0x30 && this.#position > first + 1) throw new Refusal('syntax', first);
    let integer = true;
    if (this.#peek() === 0x2e) {
      integer = false;
      this.#position++;
      this.#digits();
    }
    if ((this.#peek() | 0x20) === 0x65) {
      integer = false;
      this.#position++;
      if (this.#peek() === 0x2b || this.#peek() === 0x2d) this.#position++;
      this.#digits();
    }
    return this.#numberOf(start, integer);
  }

  #numberOf(start: number, integer: boolean): number | RawNumber {
    const lexeme = this.#text.slice(start, this.#position);
    const value = Number(lexeme);
    if (integer && Number.isSafeInteger(value) && !Object.is(value, -0)) return value;
    if (this.#numbers === 'canonical') throw new Refusal('not_an_integer', start);
    if (this.#numbers === 'preserved') return new RawNumber(lexeme);
    if (!Number.isFinite(value)) throw new Refusal('number_out_of_range', start);
    return value;
  }

  #digits(): void {
    const start = this.#position;
    while (isDigit(this.#peek())) this.#position++;
    if (this.#position === start) throw this.#refuse('syntax');
  }

  #literal<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#position)) throw this.#refuse('syntax');
    this.#position += word.length;
    return value;
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) throw this.#refuse('too_deep');
    this.#position++;
  }

  #closes(bracket: number): boolean {
    this.#skipSpace();
    if (this.#peek() !== bracket) return false;
    this.#position++;
    this.#depth--;
    return true;
  }

  #continues(bracket: number): boolean {
    if (this.#closes(bracket)) return false;
    this.#expect(0x2c);
    return true;
  }

  #expect(character: number): void {
    if (this.#peek() !== character) throw this.#refuse('syntax');
    this.#position++;
  }

  #peek(): number {
    return this.#text.charCodeAt(this.#position);
  }

  #skipSpace(): void {
    for (;;) {
      const c = this.#peek();
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#position++;
    }
  }

  #refuse(code: JsonErrorCode): Refusal {
    return new Refusal(code, this.#position);
  }
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
