import { authenticated, errors, type Handler, json } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';
import { contentUri, newMediaId } from '../../domain/media-id.ts';
import { createPendingMedia } from '../../storage/media.ts';

const UNUSED_MS = 24 * 3_600_000;

/** Bridges name media before they have it; a user has so many such names at a time. */
const MAX_PENDING = 50;
const RETRY_AFTER_MS = 60_000;

/** POST /_matrix/media/v1/create: an id whose bytes come later. */
export function createContent({ clock, database, random, serverName }: MediaapiContext): Handler {
  return authenticated(async ({ requester }) => {
    const mediaId = newMediaId(random);
    const now = clock.now();
    const unusedExpiresTs = now + UNUSED_MS;
    const uploader = requester.userId;
    const pending = { mediaId, uploader, now, unusedExpiresTs, maxPending: MAX_PENDING };
    if (!(await createPendingMedia(database, pending))) throw errors.limitExceeded(RETRY_AFTER_MS);
    return json({ content_uri: contentUri(serverName, mediaId), unused_expires_at: unusedExpiresTs });
  });
}
