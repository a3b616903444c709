import { errors, type Handler, type MatrixRequest, queryBoolean, queryInteger } from '@plexus/http';
import { TooMuchWork } from '@plexus/service';
import type { MediaapiContext } from '../../context.ts';
import type { ThumbnailRequest } from '../../domain/thumbnail-size.ts';
import { NotAnImage, TooManyPixels } from '../../thumbnails/image.ts';
import type { FoundThumbnail } from '../../thumbnails/thumbnailer.ts';
import { type Access, localMedia } from './local-media.ts';
import { type ServedFile, serveFile } from './serve-file.ts';

/** Images are not larger than this. */
const MAX_SIDE = 100_000;
const RETRY_AFTER_MS = 1000;

/**
 * GET …/media/thumbnail/{serverName}/{mediaId}: a smaller picture of an image, never smaller than asked for and never larger than the original.
 * 400 M_UNKNOWN for what is no image, 413 M_TOO_LARGE for one of too many pixels. Client-server API, "Thumbnails".
 */
export function getContentThumbnail(context: MediaapiContext, access: Access): Handler {
  return async (request) => {
    const asked = thumbnailRequest(request);
    const { hash, size } = await localMedia(context, request, access);
    const found = await findThumbnail(context, hash, asked);
    const served = found.kind === 'thumbnail' ? thumbnail(found, hash) : await original(context, found, hash, size);
    return serveFile(request, served, access);
  };
}

function thumbnail(
  { file, size, contentType, variant }: FoundThumbnail & { kind: 'thumbnail' },
  hash: Buffer,
): ServedFile {
  const etag = `${hash.toString('base64url')}.${variant}`;
  return { file, size, contentType, disposition: 'inline', fileName: fileNameOf(contentType), etag };
}

async function original(
  { files }: MediaapiContext,
  { contentType }: { readonly contentType: string },
  hash: Buffer,
  size: number,
): Promise<ServedFile> {
  const file = await files.openContent(hash);
  if (file === undefined) throw errors.notFound('There is no such media');
  const etag = hash.toString('base64url');
  return { file, size, contentType, disposition: 'inline', fileName: fileNameOf(contentType), etag };
}

async function findThumbnail(
  { thumbnailer }: MediaapiContext,
  hash: Buffer,
  asked: ThumbnailRequest,
): Promise<FoundThumbnail> {
  try {
    return await thumbnailer.find(hash, asked);
  } catch (error) {
    if (error instanceof NotAnImage) throw errors.unknown('No thumbnail can be made of this content');
    if (error instanceof TooManyPixels) throw errors.tooLarge('The image is too large for a thumbnail');
    if (error instanceof TooMuchWork) throw errors.limitExceeded(RETRY_AFTER_MS);
    throw error;
  }
}

function thumbnailRequest({ query }: MatrixRequest): ThumbnailRequest {
  const method = query.get('method') ?? 'scale';
  if (method !== 'crop' && method !== 'scale') throw errors.invalidParam('method', 'must be crop or scale');
  return {
    width: side(query, 'width'),
    height: side(query, 'height'),
    method,
    animated: queryBoolean(query, 'animated'),
  };
}

function side(query: URLSearchParams, name: string): number {
  return queryInteger(query, name, { min: 1, atMost: MAX_SIDE });
}

/** For example thumbnail.png. */
function fileNameOf(contentType: string): string {
  return `thumbnail.${contentType.slice('image/'.length).replace('jpeg', 'jpg')}`;
}
