import type { RunningMediaapi } from './start-mediaapi.ts';

export type MediaBytes = string | Uint8Array;

export interface UploadOptions {
  readonly contentType?: string;
  readonly fileName?: string;
  readonly token?: string;
}

/** What tests ask of mediaapi by HTTP. */
export class MediaClient {
  readonly #mediaapi: RunningMediaapi;

  constructor(mediaapi: RunningMediaapi) {
    this.#mediaapi = mediaapi;
  }

  fetch(path: string, init: RequestInit & { token?: string | undefined } = { token: 'alice' }): Promise<Response> {
    const headers = new Headers(init.headers);
    if (init.token !== undefined) headers.set('Authorization', `Bearer ${init.token}`);
    return fetch(`${this.#mediaapi.baseUrl}${path}`, { ...init, headers });
  }

  async post(bytes: MediaBytes, { contentType, fileName, token = 'alice' }: UploadOptions = {}): Promise<Response> {
    const body = typeof bytes === 'string' ? bytes : new Uint8Array(bytes);
    const query = fileName === undefined ? '' : `?filename=${encodeURIComponent(fileName)}`;
    const headers = contentType === undefined ? {} : { 'Content-Type': contentType };
    return this.fetch(`/_matrix/media/v3/upload${query}`, { method: 'POST', body, headers, token });
  }

  /** Uploads and returns the media id. */
  async upload(bytes: MediaBytes, options?: UploadOptions): Promise<string> {
    const response = await this.post(bytes, options);
    const body: unknown = await response.json();
    if (!isContentUri(body)) throw new Error(`not uploaded: ${response.status} ${JSON.stringify(body)}`);
    return body.content_uri.slice('mxc://example.org/'.length);
  }

  download(mediaId: string, suffix = ''): Promise<Response> {
    return this.fetch(`/_matrix/client/v1/media/download/example.org/${mediaId}${suffix}`);
  }

  thumbnail(mediaId: string, query: string): Promise<Response> {
    return this.fetch(`/_matrix/client/v1/media/thumbnail/example.org/${mediaId}?${query}`);
  }
}

/** Status and errcode of an answer. */
export async function problem(response: Response): Promise<string> {
  const body: unknown = await response.json();
  const errcode = typeof body === 'object' && body !== null && 'errcode' in body ? body.errcode : undefined;
  return `${response.status} ${String(errcode)}`;
}

function isContentUri(body: unknown): body is { content_uri: string } {
  return typeof body === 'object' && body !== null && 'content_uri' in body && typeof body.content_uri === 'string';
}
