import { describe, expect, it } from 'vitest';
import { isMediaId, MEDIA_ID_BYTES, mediaIdOf } from './media-id.ts';

describe('a media id', () => {
  it('is made of random bytes', () => {
    expect(isMediaId(mediaIdOf(Buffer.alloc(MEDIA_ID_BYTES, 255)))).toBe(true);
  });

  it.each(['', '..', 'a/b', 'a%2e', 'a\0', 'ä', 'a b', 'a'.repeat(256)])('is never %j', (text) =>
    expect(isMediaId(text)).toBe(false),
  );
});
