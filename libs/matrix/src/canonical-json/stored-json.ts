import type { JsonValue } from './json-value.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * Reads JSON that was checked when it came in, such as the text of a stored event. The platform's parser does it, but for texts with an escape
 * in a key: once V8 13.6 has seen a key `"\\"`, it reads some keys `"\n"` and `"\""` as that (Node.js 24.21), so that a stranger's event would
 * change how another is read.
 *
 * @throws SyntaxError for what is not JSON.
 */
export function parseStoredJson(text: string): JsonValue {
  if (!hasEscapedKey(text)) {
    const value: JsonValue = JSON.parse(text);
    return value;
  }
  // Events of old room versions may hold numbers that are none to JavaScript.
  for (const numbers of ['ordinary', 'preserved'] as const) {
    const parsed = parseStrictJson(text, { numbers });
    if (parsed.ok) return parsed.value;
  }
  throw new SyntaxError('a text that was stored as JSON is not JSON');
}

/** In JSON a backslash stands in strings alone, so each of them leads to the end of its string. */
function hasEscapedKey(text: string): boolean {
  let backslash = text.indexOf('\\');
  while (backslash !== -1) {
    const end = text.indexOf('"', backslash + 2);
    backslash = text.indexOf('\\', backslash + 2);
    if (end === -1) return false;
    if (backslash !== -1 && backslash < end) continue;
    let next = end + 1;
    while (isWhiteSpace(text[next])) next++;
    if (text[next] === ':') return true;
  }
  return false;
}

function isWhiteSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}
