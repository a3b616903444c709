/** Why text or a value was refused as JSON. */
export type JsonErrorCode =
  /** The bytes are not UTF-8. */
  | 'invalid_utf8'
  /** Not JSON at all. */
  | 'syntax'
  | 'duplicate_key'
  | 'lone_surrogate'
  /** A number that canonical JSON cannot hold: with a fraction, an exponent, a negative zero, or outside ±(2^53 − 1). */
  | 'not_an_integer'
  /** A number too large for any reader. */
  | 'number_out_of_range'
  | 'too_deep';

export type JsonError = {
  readonly code: JsonErrorCode;
  /** Where in the text, in characters or bytes; undefined when a value and not a text was checked. */
  readonly position?: number;
};

/** Whether the text was no JSON (M_NOT_JSON), rather than JSON with a value that is not accepted (M_BAD_JSON). */
export function isNotJson(code: JsonErrorCode): boolean {
  return code === 'syntax' || code === 'invalid_utf8';
}
