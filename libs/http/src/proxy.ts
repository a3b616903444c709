import type { IncomingMessage, ServerResponse } from 'node:http';
import { forwardedTraceparent, type Logger } from '@plexus/observability';
import { Agent } from 'undici';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { errorReply } from './error-reply.ts';
import { errors, MatrixHttpError } from './errors.ts';
import { sendReply } from './send-reply.ts';

export interface ProxyTarget {
  /** Base URL of the owner's process. */
  readonly address: string;
  readonly operation: string;
  /** Ties the log lines of both processes together. */
  readonly requestId: string;
}

/** Hands requests on to the process that answers them, streaming both ways. */
export interface ServiceProxy {
  /** Never rejects: an owner that is away is answered for with 503, one that broke off with 502. Resolves to the status. */
  forward(target: ProxyTarget, incoming: IncomingMessage, outgoing: ServerResponse): Promise<number>;
  close(): Promise<void>;
}

/** Longer than any long poll: the owner ends those. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;
const CONNECT_TIMEOUT_MS = 3000;

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

export function createProxy(trusted: TrustedProxies, log: Logger): ServiceProxy {
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    pipelining: 1,
  });
  return {
    async forward({ address, operation, requestId }, incoming, outgoing) {
      const abort = new AbortController();
      outgoing.once('close', () => abort.abort());
      try {
        await agent.stream(
          {
            origin: address,
            path: incoming.url ?? '/',
            method: incoming.method ?? 'GET',
            headers: forwardedHeaders(incoming, clientAddress(incoming, trusted), requestId),
            body: hasBody(incoming) ? incoming : null,
            signal: abort.signal,
            responseHeaders: 'raw',
          },
          ({ statusCode, headers }) => outgoing.writeHead(statusCode, answeredHeaders(headers)),
        );
      } catch (error) {
        await answerFailure(error, operation, outgoing, log);
      }
      return outgoing.statusCode;
    },
    close: () => agent.destroy(),
  };
}

async function answerFailure(error: unknown, operation: string, outgoing: ServerResponse, log: Logger): Promise<void> {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  log.warn({ err: error, operation }, 'the service that answers this is away');
  const away = isConnectFailure(error) ? errors.unavailable() : new MatrixHttpError(502, 'M_UNKNOWN', 'No answer');
  await sendReply(outgoing, errorReply(away, operation, log), true);
}

function isConnectFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    String(error.code),
  );
}

function hasBody(incoming: IncomingMessage): boolean {
  return incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0;
}

function forwardedHeaders(incoming: IncomingMessage, address: string, requestId: string): string[] {
  const headers = ['x-forwarded-for', address, 'x-request-id', requestId];
  const traceparent = forwardedTraceparent();
  if (traceparent !== '') headers.push('traceparent', traceparent);
  copyHeaders(incoming.rawHeaders, headers);
  return headers;
}

/** With `responseHeaders: 'raw'` names and values follow one another. */
function answeredHeaders(raw: unknown): string[] {
  const headers: string[] = [];
  if (Array.isArray(raw)) copyHeaders(raw.map(String), headers);
  return headers;
}

function copyHeaders(from: readonly string[], to: string[]): void {
  for (let i = 0; i + 1 < from.length; i += 2) {
    const name = from[i] ?? '';
    if (!notForwarded.has(name.toLowerCase())) to.push(name, from[i + 1] ?? '');
  }
}
