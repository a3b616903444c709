import type { Handler } from '@plexus/http';
import type { MediaContext } from '../../context.ts';
import { contentHeaders } from '../../domain/content-headers.ts';
import { findContent, notFound } from './find-content.ts';

/**
 * Client-Server API, "GET /_matrix/client/v1/media/download/{serverName}/{mediaId}[/{fileName}]", and the same under its older paths.
 * The file name of the path, where there is one, takes the place of the uploader's.
 */
export function getContent(context: MediaContext): Handler {
  return async (request) => {
    const media = await findContent(request, context);
    const file = await context.blobs.read(media.content.hash);
    if (file === undefined) throw notFound();
    const headers = contentHeaders(media.content, request.params['fileName'] ?? media.fileName);
    return { kind: 'stream', status: 200, body: file.stream, headers };
  };
}
