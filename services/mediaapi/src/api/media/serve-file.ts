import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { MatrixRequest, Reply } from '@plexus/http';
import { contentDisposition } from '../../domain/content-disposition.ts';
import type { Access } from './local-media.ts';

export interface ServedFile {
  readonly file: FileHandle;
  readonly size: number;
  readonly contentType: string;
  readonly disposition: 'inline' | 'attachment';
  readonly fileName: string | undefined;
  /** Names these bytes for ever. */
  readonly etag: string;
}

/** Whatever the bytes are, a browser that opens them runs nothing of them. Client-server API, "Content repository". */
const contentSecurityPolicy =
  "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; media-src 'self'; object-src 'self';";

/** A file as an answer that browsers keep for ever (media never changes) and never trust. Answers HEAD and If-None-Match too. */
export async function serveFile(request: MatrixRequest, served: ServedFile, access: Access): Promise<Reply> {
  const etag = `"${served.etag}"`;
  const headers = {
    'Content-Type': served.contentType,
    'Content-Length': String(served.size),
    'Content-Disposition': contentDisposition(served.disposition, served.fileName),
    'Content-Security-Policy': contentSecurityPolicy,
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex, nofollow, noarchive, noimageindex',
    // What needed an access token stays in the cache of who had it.
    'Cache-Control': `${access === 'authenticated' ? 'private' : 'public'}, max-age=31536000, immutable`,
    ETag: etag,
  };
  const isKnown = request.headers['if-none-match'] === etag;
  if (!isKnown && request.incoming.method !== 'HEAD')
    return { kind: 'stream', status: 200, body: served.file.createReadStream(), headers };
  await served.file.close();
  if (isKnown)
    return { kind: 'empty', status: 304, headers: { ETag: etag, 'Cache-Control': headers['Cache-Control'] } };
  return { kind: 'stream', status: 200, body: Readable.from([]), headers };
}
