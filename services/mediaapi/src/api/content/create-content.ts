import { authenticated, errors, type Handler, json } from '@plexus/http';
import type { MediaContext } from '../../context.ts';
import { MEDIA_ID_BYTES, mediaIdOf } from '../../domain/media-id.ts';
import { reserve } from '../../storage/media.ts';

const UNUSED_MS = 24 * 3_600_000;
const MOST_UNUSED = 50;
const RETRY_MS = 60_000;

/** Client-Server API, "POST /_matrix/media/v1/create". */
export function createContent({ config, database, random }: MediaContext): Handler {
  return authenticated(async ({ receivedAt: now, requester }) => {
    const mediaId = mediaIdOf(random.bytes(MEDIA_ID_BYTES));
    const expiresAt = now + UNUSED_MS;
    const made = await reserve(database, { mediaId, uploader: requester.userId, now, expiresAt }, MOST_UNUSED);
    if (!made) throw errors.limitExceeded(RETRY_MS);
    return json({ content_uri: `mxc://${config.serverName}/${mediaId}`, unused_expires_at: expiresAt });
  });
}
