import { request } from 'node:https';

export interface TlsAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
}

export interface TlsClientOptions {
  readonly port: number;
  /** Of the certificate that the server must show. */
  readonly authority: string;
  /** Address that the client comes from. */
  readonly from: string;
}

export interface TlsRequest {
  readonly token?: string;
  readonly body?: Buffer | object;
  readonly headers?: Readonly<Record<string, string>>;
}

export type TlsClient = (method: string, url: string, options?: TlsRequest) => Promise<TlsAnswer>;

/** HTTPS to one port of this machine whatever the URL's host, with the certificate checked for that host and the path sent as it is written. */
export const tlsClient =
  ({ port, authority, from }: TlsClientOptions): TlsClient =>
  (method, url, { token, body, headers } = {}) => {
    const [, host = '', path = '/'] = /^https:\/\/([^/]+)(\/.*)$/.exec(url) ?? [];
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          servername: host,
          ca: authority,
          port,
          localAddress: from,
          method,
          path,
          agent: false,
          timeout: 60_000,
          headers: {
            host,
            ...(bytes !== undefined && { 'content-type': 'application/json', 'content-length': bytes.length }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...headers,
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const answer = Buffer.concat(chunks);
            resolve({ status: incoming.statusCode ?? 0, body: answer, json: parsed(answer) });
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${url}: no answer`)));
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  };

const parsed = (body: Buffer): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};
