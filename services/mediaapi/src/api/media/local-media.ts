import { errors, MatrixHttpError, type MatrixRequest, optionalQueryInteger } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';
import { type MediaId, parseMediaId } from '../../domain/media-id.ts';
import { findMedia, type Media } from '../../storage/media.ts';

/** How a client reaches media: with an access token, or by the older paths without one. */
export type Access = 'authenticated' | 'unauthenticated';

const DEFAULT_WAIT_MS = 20_000;
const MAX_WAIT_MS = 60_000;

/** Another replica may take the upload that is waited for: the row is looked at this often. */
const LOOK_AGAIN_MS = 500;

/** The media id of a path. Media of other servers is not there, and what is no media id leads nowhere. @throws MatrixHttpError 404 */
export function localMediaId(
  { serverName }: MediaapiContext,
  { serverName: asked, mediaId = '' }: Readonly<Record<string, string>>,
): MediaId {
  const parsed = asked === serverName ? parseMediaId(mediaId) : undefined;
  if (parsed === undefined) throw notFound();
  return parsed;
}

/**
 * The media of a path, once its bytes are there; of one that was created and not uploaded yet, `timeout_ms` of the query long. Media that was uploaded
 * while downloads without an access token were not allowed is not to be had without.
 * @throws MatrixHttpError 404 M_NOT_FOUND, 504 M_NOT_YET_UPLOADED
 */
export async function localMedia(context: MediaapiContext, request: MatrixRequest, access: Access): Promise<Media> {
  const mediaId = localMediaId(context, request.params);
  const { clock, database } = context;
  const waitUntil =
    clock.monotonic() + (optionalQueryInteger(request.query, 'timeout_ms', { atMost: MAX_WAIT_MS }) ?? DEFAULT_WAIT_MS);
  for (;;) {
    const found = await findMedia(database, mediaId);
    if (found === undefined) throw notFound();
    if (found.state === 'uploaded') {
      if (access === 'unauthenticated' && !found.media.unauthenticated) throw notFound();
      return found.media;
    }
    if (found.unusedExpiresTs <= clock.now()) throw notFound();
    const remaining = waitUntil - clock.monotonic();
    if (access === 'unauthenticated' || remaining <= 0 || request.isAbandoned) throw notYetUploaded();
    await delay(Math.min(remaining, LOOK_AGAIN_MS), request);
  }
}

function delay(ms: number, request: MatrixRequest): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stopListening();
      resolve();
    };
    const timer = setTimeout(end, ms);
    const stopListening = request.whenAbandoned(end);
  });
}

function notFound(): MatrixHttpError {
  return errors.notFound('There is no such media');
}

function notYetUploaded(): MatrixHttpError {
  return new MatrixHttpError(504, 'M_NOT_YET_UPLOADED', 'The content of this media has not been uploaded yet');
}
