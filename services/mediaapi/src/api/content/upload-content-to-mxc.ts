import { authenticated, emptyObject, errors, type Handler, MatrixHttpError } from '@plexus/http';
import type { MediaContext } from '../../context.ts';
import { isMediaId } from '../../domain/media-id.ts';
import { fill, loadMedia } from '../../storage/media.ts';
import { receiveUpload } from './receive-upload.ts';

/** Client-Server API, "PUT /_matrix/media/v3/upload/{serverName}/{mediaId}". */
export function uploadContentToMXC({ blobs, config, database, waiters }: MediaContext): Handler {
  return authenticated(async (request) => {
    const { serverName = '', mediaId = '' } = request.params;
    const media =
      serverName === config.serverName && isMediaId(mediaId) ? await loadMedia(database, mediaId) : undefined;
    if (media === undefined) throw errors.notFound('There is no such media id');
    if (media.uploader !== request.requester.userId) throw errors.forbidden('This media id was made by another user');
    if (media.content !== undefined) throw overwritten();
    if ((media.unusedExpiresTs ?? 0) <= request.receivedAt) throw errors.notFound('The media id has expired');
    const content = await receiveUpload(request, blobs, config.media.maxUploadBytes);
    if (!(await fill(database, mediaId, content))) throw overwritten();
    waiters.uploaded(mediaId);
    return emptyObject();
  });
}

function overwritten(): MatrixHttpError {
  return new MatrixHttpError(409, 'M_CANNOT_OVERWRITE_MEDIA', 'Something was uploaded to this media id before');
}
