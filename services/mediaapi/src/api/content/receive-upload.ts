import { errors, type MatrixRequest } from '@plexus/http';
import { type BlobStore, IncompleteError, TooLargeError } from '../../blobs/blob-store.ts';
import { contentTypeOf } from '../../domain/content-headers.ts';
import type { NewContent } from '../../storage/media.ts';

const MAX_FILE_NAME_BYTES = 1024;

/** Stores the body of an upload. @throws M_TOO_LARGE, M_INVALID_PARAM, M_UNKNOWN for one that breaks off; nothing is kept then. */
export async function receiveUpload(request: MatrixRequest, blobs: BlobStore, maxBytes: number): Promise<NewContent> {
  const fileName = request.query.get('filename') ?? undefined;
  if (fileName !== undefined && Buffer.byteLength(fileName) > MAX_FILE_NAME_BYTES)
    throw errors.invalidParam('filename', `is longer than ${MAX_FILE_NAME_BYTES} bytes`);
  const tooLarge = () => errors.tooLarge(`Uploads may have ${maxBytes} bytes at most`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  try {
    const { hash, bytes } = await blobs.write(request.incoming, maxBytes);
    return { hash, bytes, contentType: contentTypeOf(request.headers['content-type']), fileName };
  } catch (error) {
    if (error instanceof TooLargeError) throw tooLarge();
    if (error instanceof IncompleteError) throw errors.unknown('The upload broke off');
    throw error;
  }
}
