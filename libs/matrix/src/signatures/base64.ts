/** Standard base64 without padding. Appendices, "Unpadded Base64". */
export function encodeBase64(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const padding = text.indexOf('=');
  return padding < 0 ? text : text.slice(0, padding);
}

/** Base64 of the URL-safe alphabet without padding. */
export function encodeUrlSafeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/** The bytes of base64 in either alphabet, padded or not; undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const unpadded = text.endsWith('=') ? text.slice(0, text.indexOf('=')) : text;
  if (text.length - unpadded.length > 2 || unpadded.length % 4 === 1) return undefined;
  for (let i = 0; i < unpadded.length; i++) if (!isBase64(unpadded.charCodeAt(i))) return undefined;
  return Buffer.from(unpadded, 'base64');
}

function isBase64(c: number): boolean {
  const alphanumeric = (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39);
  return alphanumeric || c === 0x2b || c === 0x2f || c === 0x2d || c === 0x5f;
}
