import type { IncomingMessage } from 'node:http';
import { forwardedTraceparent } from '@plexus/observability';

/** Headers that belong to one hop, and what a client may not say of itself. */
const notForwarded = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'x-forwarded-for',
  'x-request-id',
  'traceparent',
  'tracestate',
]);

/** The headers of a request as they go on to a replica: names and values in turn. */
export function forwardedHeaders(incoming: IncomingMessage, address: string, requestId: string): string[] {
  const headers = ['x-forwarded-for', address, 'x-request-id', requestId];
  const traceparent = forwardedTraceparent();
  if (traceparent !== '') headers.push('traceparent', traceparent);
  return copied(incoming.rawHeaders, headers);
}

/** A replica's headers as they go on to the client, which gets one request id: the gateway's. */
export function answeredHeaders(raw: readonly string[], requestId: string): string[] {
  return copied(raw, ['X-Request-Id', requestId]);
}

/** What a replica says of the connection: it ends it with this answer. */
export function endsConnection(raw: readonly string[]): boolean {
  for (let i = 0; i + 1 < raw.length; i += 2)
    if (raw[i]?.toLowerCase() === 'connection' && raw[i + 1]?.toLowerCase() === 'close') return true;
  return false;
}

function copied(from: readonly string[], to: string[]): string[] {
  for (let i = 0; i + 1 < from.length; i += 2) {
    const name = from[i] ?? '';
    if (!notForwarded.has(name.toLowerCase())) to.push(name, from[i + 1] ?? '');
  }
  return to;
}
