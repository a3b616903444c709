import { expect, it } from 'vitest';
import { newMediaId, parseMediaId } from './media-id.ts';

it('a new media id is one, and is made of 144 random bits', () => {
  const mediaId = newMediaId({ bytes: (length) => Buffer.alloc(length, 255) });
  expect(parseMediaId(mediaId)).toBe(mediaId);
  expect(Buffer.from(mediaId, 'base64url')).toHaveLength(18);
});

it.each(['', '.', '..', 'a/b', 'a\\b', 'a%2e', '%2e%2e', 'a\0', 'ä', 'a b', 'a\n', 'a'.repeat(256)])(
  '%j leads nowhere',
  (text) => {
    expect(parseMediaId(text)).toBeUndefined();
  },
);
