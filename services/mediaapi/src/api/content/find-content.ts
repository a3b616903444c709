import { errors, MatrixHttpError, type MatrixRequest } from '@plexus/http';
import type { MediaContext } from '../../context.ts';
import { isMediaId } from '../../domain/media-id.ts';
import { loadMedia, type Media } from '../../storage/media.ts';

type Uploaded = Media & { readonly content: NonNullable<Media['content']> };

const DEFAULT_WAIT_MS = 20_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * The media of a download's path; one that is announced is waited for. @throws M_NOT_FOUND (other servers' media too, until media comes
 * over federation), M_NOT_YET_UPLOADED.
 */
export async function findContent(request: MatrixRequest, context: MediaContext): Promise<Uploaded> {
  const { serverName = '', mediaId = '' } = request.params;
  if (serverName !== context.config.serverName || !isMediaId(mediaId)) throw notFound();
  const waitMs = waitOf(request.query.get('timeout_ms'));
  const first = await loadMedia(context.database, mediaId);
  if (first === undefined) throw notFound();
  if (isUploaded(first)) return first;
  if ((first.unusedExpiresTs ?? 0) <= request.receivedAt) throw notFound();
  await context.waiters.wait(mediaId, waitMs, request.signal);
  const second = await loadMedia(context.database, mediaId);
  if (second !== undefined && isUploaded(second)) return second;
  throw new MatrixHttpError(504, 'M_NOT_YET_UPLOADED', 'Nothing has been uploaded to this media id yet');
}

function isUploaded(media: Media): media is Uploaded {
  return media.content !== undefined;
}

function waitOf(text: string | null): number {
  if (text === null) return DEFAULT_WAIT_MS;
  if (!/^\d{1,15}$/.test(text)) throw errors.invalidParam('timeout_ms', 'is not a number of milliseconds');
  return Math.min(Number(text), LONGEST_WAIT_MS);
}

export function notFound(): MatrixHttpError {
  return errors.notFound('There is no such media');
}
