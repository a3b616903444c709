import { encodeUrlSafeBase64 } from '@plexus/matrix';

/** Bytes of chance in a media id: nobody guesses one. */
export const MEDIA_ID_BYTES = 18;

/** A media id of random bytes, of characters that no path treats specially. */
export function mediaIdOf(random: Uint8Array): string {
  return encodeUrlSafeBase64(random);
}

/** Whether this may be a media id of ours; nothing else ever reaches the database or the disk. Content repository, "Security considerations". */
export function isMediaId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text);
}
