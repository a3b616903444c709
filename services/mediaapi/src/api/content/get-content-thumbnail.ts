import { errors, type Handler, MatrixHttpError } from '@plexus/http';
import type { MediaContext } from '../../context.ts';
import { contentHeaders } from '../../domain/content-headers.ts';
import { type ThumbnailMethod, type ThumbnailSize, thumbnailSize } from '../../domain/thumbnail-size.ts';
import { findContent } from './find-content.ts';

/** Client-Server API, "GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}", and the same under its older paths. */
export function getContentThumbnail(context: MediaContext): Handler {
  return async (request) => {
    const size = thumbnailSize(wantedSize(request.query));
    const { content } = await findContent(request, context);
    const thumbnail = await context.thumbnailer.get(content.hash, size);
    if (thumbnail === 'too large') throw errors.tooLarge('The image is too large for a thumbnail');
    if (thumbnail === 'not an image')
      throw new MatrixHttpError(400, 'M_UNKNOWN', 'There is no thumbnail of this media');
    const { bytes, contentType, stream } = thumbnail;
    const headers = contentHeaders({ bytes, contentType, hash: content.hash }, undefined);
    const tag = `"${content.hash.toString('hex')}-${size.width}x${size.height}-${size.method}"`;
    return { kind: 'stream', status: 200, body: stream, headers: { ...headers, ETag: tag } };
  };
}

function wantedSize(query: URLSearchParams): ThumbnailSize {
  return { width: pixels(query, 'width'), height: pixels(query, 'height'), method: methodOf(query.get('method')) };
}

function pixels(query: URLSearchParams, name: string): number {
  const text = query.get(name);
  if (text === null) throw errors.missingParam(name);
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw errors.invalidParam(name, 'is not a number of pixels');
  return Number(text);
}

function methodOf(text: string | null): ThumbnailMethod {
  if (text === null || text === 'scale') return 'scale';
  if (text === 'crop') return 'crop';
  throw errors.invalidParam('method', 'is neither crop nor scale');
}
