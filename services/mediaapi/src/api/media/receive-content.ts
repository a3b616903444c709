import { type AuthenticatedRequest, errors, MatrixHttpError } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';
import { uploadedFileName } from '../../domain/content-disposition.ts';
import { uploadedContentType } from '../../domain/content-type.ts';
import { isFull, StorageFull, TooManyBytes } from '../../files/media-files.ts';
import type { StoredContent } from '../../storage/media.ts';

/**
 * Keeps the body of an upload; its row comes after it, so a crash leaves at worst bytes without a name.
 * @throws MatrixHttpError 413 M_TOO_LARGE, 400 when the upload was cut off, 507 before the disk is full; nothing is left behind then
 */
export async function receiveContent(
  { files, metrics, rules }: MediaapiContext,
  { incoming, query }: AuthenticatedRequest,
): Promise<StoredContent> {
  const { maxUploadBytes } = rules;
  const encoding = incoming.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new MatrixHttpError(415, 'M_UNKNOWN', 'Content-Encoding is not supported');
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > maxUploadBytes) throw tooLarge(maxUploadBytes);
  try {
    // Not the request itself: a pipeline that fails would destroy it, and the connection before the answer.
    const bytes = incoming.iterator({ destroyOnReturn: false });
    const { hash, size } = await files.writeContent(bytes, maxUploadBytes, announced);
    metrics.uploadedBytes.inc(size);
    const contentType = uploadedContentType(incoming.headers['content-type']);
    return { hash, size, contentType, fileName: uploadedFileName(query.get('filename')) };
  } catch (error) {
    throw uploadError(error, maxUploadBytes);
  }
}

function uploadError(error: unknown, maxUploadBytes: number): unknown {
  if (error instanceof TooManyBytes) return tooLarge(maxUploadBytes);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (error instanceof StorageFull || isFull(error))
    return new MatrixHttpError(507, 'M_UNKNOWN', 'The storage is full');
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return errors.unknown('The upload was cut off');
  return error;
}

function tooLarge(maxUploadBytes: number): MatrixHttpError {
  return errors.tooLarge(`Uploads have at most ${maxUploadBytes} bytes`);
}
