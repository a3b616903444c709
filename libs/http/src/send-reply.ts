import { type ServerResponse, STATUS_CODES } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { MatrixHttpError } from './errors.ts';
import type { Reply } from './types.ts';
import { dropRest, leavesBodyUnread } from './unread-body.ts';

/** Browsers need these on every answer, errors included. Client-server API, "Web browser clients". */
const corsHeaders = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, POST, PUT, DELETE, OPTIONS, HEAD, PATCH',
  'Access-Control-Allow-Headers',
  'X-Requested-With, Content-Type, Authorization, Date',
  'X-Content-Type-Options',
  'nosniff',
];

/** Answers are about one user and now. Written as flat lists: Node then neither copies nor checks a map of headers. */
const jsonHeaders = [...corsHeaders, 'Content-Type', 'application/json', 'Cache-Control', 'no-store'];

export interface SendOptions {
  /** Named in every answer, so that a client's report finds its log lines. */
  readonly requestId: string;
  /** Reads and drops what is left of the request's body, where that is not read from the request itself. */
  readonly drop?: () => void;
}

/**
 * Writes a reply. One that comes before a long body was read announces the end of the connection, which ends when the client has sent the
 * rest of it. What a stream fails of after its headers went out ends the connection at once.
 * @returns the bytes of its text; those of a stream are not counted.
 */
export async function sendReply(outgoing: ServerResponse, reply: Reply, options: SendOptions): Promise<number> {
  if (outgoing.destroyed || outgoing.headersSent) {
    // A file that nobody will read any more is closed.
    if (reply.kind === 'stream') reply.body.destroy();
    return 0;
  }
  // A body that took too long is not waited for any longer.
  const isEarly = reply.status !== 408 && leavesBodyUnread(outgoing.req);
  if (isEarly || reply.status === 408) outgoing.shouldKeepAlive = false;
  switch (reply.kind) {
    case 'json':
      return sendText(outgoing, reply, JSON.stringify(reply.body), isEarly, options);
    case 'raw':
      return sendText(outgoing, reply, reply.body, isEarly, options);
    case 'empty':
      outgoing.writeHead(reply.status, headersFor(corsHeaders, reply.headers, options, ['Content-Length', '0']));
      outgoing.end();
      return 0;
    case 'stream':
      outgoing.writeHead(reply.status, headersFor(corsHeaders, reply.headers, options, []));
      await pipeline(reply.body, outgoing);
      return 0;
    default:
      return reply satisfies never;
  }
}

export function sendPreflight(outgoing: ServerResponse, requestId: string): void {
  outgoing.writeHead(204, [...corsHeaders, 'Access-Control-Max-Age', '86400', 'X-Request-Id', requestId]);
  outgoing.end();
}

/** An error of a request that never reached the router: written to the socket itself, which ends with it. */
export function rawErrorResponse(error: MatrixHttpError, requestId: string): string {
  const body = JSON.stringify(error.toBody());
  const length = String(Buffer.byteLength(body));
  const own = ['X-Request-Id', requestId, 'Content-Length', length, 'Connection', 'close'];
  const lines = [`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`];
  const headers = [...jsonHeaders, ...own];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

async function sendText(
  outgoing: ServerResponse,
  reply: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
  body: string | Buffer,
  isEarly: boolean,
  options: SendOptions,
): Promise<number> {
  const bytes = Buffer.byteLength(body);
  const length = String(bytes);
  outgoing.writeHead(reply.status, headersFor(jsonHeaders, reply.headers, options, ['Content-Length', length]));
  if (isEarly) {
    outgoing.write(body);
    await dropRest(outgoing, options.drop);
    outgoing.end();
  } else outgoing.end(body);
  return bytes;
}

function headersFor(
  base: readonly string[],
  own: Readonly<Record<string, string>> | undefined,
  { requestId }: SendOptions,
  more: readonly string[],
): string[] {
  const headers = [...base, ...more, 'X-Request-Id', requestId];
  if (own === undefined) return headers;
  for (const name in own) setHeader(headers, name, own[name] ?? '');
  return headers;
}

/** A reply's own header takes the place of the one that all replies have. */
function setHeader(headers: string[], name: string, value: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== name.toLowerCase()) continue;
    headers[i + 1] = value;
    return;
  }
  headers.push(name, value);
}
