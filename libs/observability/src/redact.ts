/*
 * Redaction works on the finished line: pino's own goes by path and reaches the depths that somebody thought of only. All patterns
 * are linear (no two ways to match the same text).
 */
const secretKeys =
  /"([a-z_-]*(?:authorization|cookie|token|password|secret|session|private_?key|signing_?key)|mac|nonce)":"(?:[^"\\]|\\.)*"/gi;
const secretTexts = /(access_token=|refresh_token=|bearer |basic )[^\s"&\\]+/gi;
const urlPasswords = /(:\/\/[^\s:/@"]*:)[^\s/@"\\]+@/g;

/** Takes tokens, passwords, authorization headers and passwords inside URLs out of a JSON log line. */
export function redactLine(line: string): string {
  return line
    .replace(secretKeys, '"$1":"[redacted]"')
    .replace(secretTexts, '$1[redacted]')
    .replace(urlPasswords, '$1[redacted]@');
}
