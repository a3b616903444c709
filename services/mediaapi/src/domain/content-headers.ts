/** Types that a browser may show in place without danger. Client-Server API, "Serving inline content". */
const inlineTypes = new Set([
  'text/css',
  'text/plain',
  'text/csv',
  'application/json',
  'application/ld+json',
  'image/jpeg',
  'image/gif',
  'image/png',
  'image/apng',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
  'audio/mp4',
  'audio/webm',
  'audio/aac',
  'audio/mpeg',
  'audio/ogg',
  'audio/wave',
  'audio/wav',
  'audio/x-wav',
  'audio/x-pn-wav',
  'audio/flac',
  'audio/x-flac',
]);

const UNKNOWN_TYPE = 'application/octet-stream';
const MAX_TYPE_LENGTH = 255;

/** The content type of an upload as it can be given back in a header. */
export function contentTypeOf(header: string | undefined): string {
  if (header === undefined || header.length > MAX_TYPE_LENGTH) return UNKNOWN_TYPE;
  return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\x20-\x7e]*)?$/.test(header) ? header : UNKNOWN_TYPE;
}

/** inline or attachment, with the file name if there is one. RFC 6266, RFC 8187. */
export function contentDisposition(contentType: string, fileName: string | undefined): string {
  const [essence = ''] = contentType.split(';');
  const kind = inlineTypes.has(essence.trim().toLowerCase()) ? 'inline' : 'attachment';
  if (fileName === undefined || fileName === '') return kind;
  if (/^[\w.-]+$/.test(fileName)) return `${kind}; filename=${fileName}`;
  if (/^[\x20-\x7e]*$/.test(fileName)) return `${kind}; filename="${fileName.replace(/["\\]/g, '\\$&')}"`;
  return `${kind}; filename*=utf-8''${encodeURIComponent(fileName.toWellFormed()).replace(/['()*]/g, percentEncoded)}`;
}

/** What every answer with a stranger's bytes carries, so that a browser does not take them for a page of ours. */
export function contentHeaders(
  content: { readonly contentType: string; readonly bytes: number; readonly hash: Buffer },
  fileName: string | undefined,
): Record<string, string> {
  return {
    'Content-Type': content.contentType,
    'Content-Length': String(content.bytes),
    'Content-Disposition': contentDisposition(content.contentType, fileName),
    'Content-Security-Policy':
      "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
    'Cross-Origin-Resource-Policy': 'cross-origin',
    // Bytes of an id never change. Only the browser may keep them: who may see them is decided by a token.
    'Cache-Control': 'private, max-age=31536000, immutable',
    ETag: `"${content.hash.toString('hex')}"`,
  };
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
