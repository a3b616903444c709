import { authenticated, type Handler, json } from '@plexus/http';
import type { MediaContext } from '../../context.ts';
import { MEDIA_ID_BYTES, mediaIdOf } from '../../domain/media-id.ts';
import { storeMedia } from '../../storage/media.ts';
import { receiveUpload } from './receive-upload.ts';

/** Client-Server API, "POST /_matrix/media/v3/upload". Answered when the bytes and their row are durable. */
export function uploadContent({ blobs, config, database, random }: MediaContext): Handler {
  return authenticated(async (request) => {
    const content = await receiveUpload(request, blobs, config.media.maxUploadBytes);
    const mediaId = mediaIdOf(random.bytes(MEDIA_ID_BYTES));
    await storeMedia(database, { ...content, mediaId, uploader: request.requester.userId, now: request.receivedAt });
    return json({ content_uri: `mxc://${config.serverName}/${mediaId}` });
  });
}
