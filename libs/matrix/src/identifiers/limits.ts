/** The longest user id, room id, room alias, event id, event type or state key, in bytes of UTF-8. Appendices, "Common Identifier Format". */
export const MAX_IDENTIFIER_BYTES = 255;

/** Whether the UTF-8 form of `text` is at most `limit` bytes; a UTF-16 unit is never more than three. */
export function fitsInBytes(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return true;
  return text.length <= limit && Buffer.byteLength(text, 'utf8') <= limit;
}

/** Whether `text` is legal Unicode of at most 255 bytes with no NUL: what every identifier has in common. */
export function isIdentifierText(text: string): boolean {
  return fitsInBytes(text, MAX_IDENTIFIER_BYTES) && !text.includes('\0') && text.isWellFormed();
}
