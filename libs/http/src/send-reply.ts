import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Reply } from './types.ts';

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

/**
 * Writes a reply. What a stream fails of after its headers went out ends the connection.
 * @returns the bytes of its text; those of a stream are not counted.
 */
export async function sendReply(outgoing: ServerResponse, reply: Reply, closeConnection: boolean): Promise<number> {
  if (outgoing.destroyed || outgoing.headersSent) {
    // A file that nobody will read any more is closed.
    if (reply.kind === 'stream') reply.body.destroy();
    return 0;
  }
  switch (reply.kind) {
    case 'json':
      return sendText(outgoing, reply, JSON.stringify(reply.body), closeConnection);
    case 'raw':
      return sendText(outgoing, reply, reply.body, closeConnection);
    case 'empty':
      outgoing.writeHead(
        reply.status,
        headersFor(corsHeaders, reply.headers, closeConnection, ['Content-Length', '0']),
      );
      outgoing.end();
      return 0;
    case 'stream':
      outgoing.writeHead(reply.status, headersFor(corsHeaders, reply.headers, closeConnection, []));
      await pipeline(reply.body, outgoing);
      return 0;
    default:
      return reply satisfies never;
  }
}

export function sendPreflight(outgoing: ServerResponse): void {
  outgoing.writeHead(204, [...corsHeaders, 'Access-Control-Max-Age', '86400']);
  outgoing.end();
}

function sendText(
  outgoing: ServerResponse,
  reply: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
  body: string | Buffer,
  closeConnection: boolean,
): number {
  const bytes = Buffer.byteLength(body);
  const length = String(bytes);
  outgoing.writeHead(reply.status, headersFor(jsonHeaders, reply.headers, closeConnection, ['Content-Length', length]));
  outgoing.end(body);
  return bytes;
}

function headersFor(
  base: readonly string[],
  own: Readonly<Record<string, string>> | undefined,
  closeConnection: boolean,
  more: readonly string[],
): string[] {
  const headers = [...base, ...more];
  if (closeConnection) headers.push('Connection', 'close');
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
