/** The longest user id, room id, room alias, event id, event type or state key, in bytes of UTF-8. Appendices, "Common Identifier Format". */
export const MAX_IDENTIFIER_BYTES = 255;

/** Whether the UTF-8 form of `text` is at most `limit` bytes; a UTF-16 unit is never more than three. */
export function fitsInBytes(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return true;
  return text.length <= limit && Buffer.byteLength(text, 'utf8') <= limit;
}

/**
 * What the 255 of an identifier count. Events of rooms before version 11 were long accepted by their code points, so such a
 * room may hold identifiers of more bytes. Client-Server API, "Size limits".
 */
export type IdentifierLimit = 'bytes' | 'code_points';

/** Whether the text is at most 255 long. */
export function fitsIdentifierLimit(text: string, limit: IdentifierLimit): boolean {
  if (limit === 'bytes') return fitsInBytes(text, MAX_IDENTIFIER_BYTES);
  return (
    text.length <= MAX_IDENTIFIER_BYTES || (text.length <= 2 * MAX_IDENTIFIER_BYTES && countCodePoints(text) <= 255)
  );
}

/** Whether `text` is legal Unicode of at most 255 bytes with no NUL: what every identifier has in common. */
export function isIdentifierText(text: string, limit: IdentifierLimit = 'bytes'): boolean {
  return fitsIdentifierLimit(text, limit) && !text.includes('\0') && text.isWellFormed();
}

function countCodePoints(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.codePointAt(i) ?? 0) > 0xffff) pairs++;
  return text.length - pairs;
}
