import type { ServerName } from '@plexus/matrix';
import type { Random } from '@plexus/observability';

declare const brand: unique symbol;

/** The opaque part of `mxc://server/media-id`: `A-Za-z0-9_-` only, so that it can lead nowhere as a part of a path. */
export type MediaId = string & { readonly [brand]: 'MediaId' };

const MAX_LENGTH = 255;

/** Client-server API, "Matrix Content (mxc://) URIs". */
export function parseMediaId(text: string): MediaId | undefined {
  return isMediaId(text) ? text : undefined;
}

/** 144 random bits: whoever knows the id of media may see it, so none can be guessed. */
export function newMediaId(random: Random): MediaId {
  const mediaId = parseMediaId(random.bytes(18).toString('base64url'));
  if (mediaId === undefined) throw new TypeError('base64url is no media id');
  return mediaId;
}

export function contentUri(serverName: ServerName, mediaId: MediaId): string {
  return `mxc://${serverName}/${mediaId}`;
}

function isMediaId(text: string): text is MediaId {
  return text.length <= MAX_LENGTH && /^[A-Za-z0-9_-]+$/.test(text);
}
