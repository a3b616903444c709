/** What is served when an upload did not say, or not in a way that a header can carry. */
export const UNKNOWN_CONTENT_TYPE = 'application/octet-stream';

const MAX_LENGTH = 255;
const mediaType = /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+(?:\s*;[\x20-\x7e]*)?$/;

/** Types that no browser runs scripts of. Client-server API, "Serving inline content". */
const inlineTypes: ReadonlySet<string> = new Set([
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

/** The content type of an upload, as its header said it. */
export function uploadedContentType(header: string | undefined): string {
  return header !== undefined && header.length <= MAX_LENGTH && mediaType.test(header) ? header : UNKNOWN_CONTENT_TYPE;
}

/** Whether a browser may show it in place. */
export function isInlineType(contentType: string): boolean {
  const [essence = ''] = contentType.split(';', 1);
  return inlineTypes.has(essence.trim().toLowerCase());
}
