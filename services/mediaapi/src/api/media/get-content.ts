import { errors, type Handler } from '@plexus/http';
import type { MediaapiContext } from '../../context.ts';
import { uploadedFileName } from '../../domain/content-disposition.ts';
import { isInlineType } from '../../domain/content-type.ts';
import { type Access, localMedia } from './local-media.ts';
import { serveFile } from './serve-file.ts';

/** GET …/media/download/{serverName}/{mediaId} and with /{fileName}: the bytes as they were uploaded, under that name instead of their own. */
export function getContent(context: MediaapiContext, access: Access): Handler {
  return async (request) => {
    const media = await localMedia(context, request, access);
    const file = await context.files.openContent(media.hash);
    if (file === undefined) {
      context.observability.log.error({ operation: request.operation.key }, 'media has a row and no file');
      throw errors.notFound('There is no such media');
    }
    const { contentType, size } = media;
    const disposition = isInlineType(contentType) ? 'inline' : 'attachment';
    const fileName = uploadedFileName(request.params['fileName']) ?? media.fileName;
    const etag = media.hash.toString('base64url');
    return serveFile(request, { file, size, contentType, disposition, fileName, etag }, access);
  };
}
