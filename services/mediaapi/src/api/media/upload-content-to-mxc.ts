import { authenticated, emptyObject, errors, type Handler, MatrixHttpError } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';
import { type FoundMedia, fillPendingMedia, findMedia } from '../../storage/media.ts';
import { localMediaId } from './local-media.ts';
import { receiveContent } from './receive-content.ts';

/** PUT /_matrix/media/v3/upload/{serverName}/{mediaId}: the bytes of an id that was created before; by its creator, once. */
export function uploadContentToMXC(context: MediaapiContext): Handler {
  const { clock, database, rules } = context;
  return authenticated(async (request) => {
    const mediaId = localMediaId(context, request.params);
    const uploader = request.requester.userId;
    refuseUnlessPending(await findMedia(database, mediaId), uploader, clock.now());
    const content = await receiveContent(context, request);
    const unauthenticated = rules.unauthenticatedDownloads;
    const filled = { ...content, mediaId, uploader, now: clock.now(), unauthenticated };
    // Another upload to the same id, or its expiry, may have come first.
    if (!(await fillPendingMedia(database, filled)))
      refuseUnlessPending(await findMedia(database, mediaId), uploader, clock.now());
    return emptyObject();
  });
}

function refuseUnlessPending(found: FoundMedia | undefined, uploader: string, now: number): void {
  if (found === undefined) throw errors.notFound('There is no such media');
  if (found.state === 'uploaded')
    throw new MatrixHttpError(409, 'M_CANNOT_OVERWRITE_MEDIA', 'This media has its content already');
  if (found.uploader !== uploader) throw errors.forbidden('Somebody else created this media');
  if (found.unusedExpiresTs <= now) throw errors.notFound('The time to upload this media is over');
}
