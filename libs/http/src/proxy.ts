import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { forwardedTraceparent, type Logger } from '@plexus/observability';
import type { OperationOwner } from '@plexus/routes';
import { Agent } from 'undici';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { errorReply } from './error-reply.ts';
import { errors, MatrixHttpError } from './errors.ts';
import { sendReply } from './send-reply.ts';

/** Who answers what another process owns. */
export interface ProxyTargets {
  /**
   * Base URLs of the replicas in the order in which they are to be tried; none while none is known, undefined when nobody answers for this owner.
   * @param session what the requests of one session have in common, undefined without a token.
   */
  of(owner: OperationOwner, session: string | undefined): readonly string[] | undefined;
}

export interface ProxyTarget {
  /** Base URLs of the owner's replicas: the next is tried when nobody listens at the one before. */
  readonly addresses: readonly string[];
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

/**
 * An idle connection to a replica is given up after this, whatever the replica allows: one that stops first serves on for `shutdown.drainMs`, and
 * within that time every connection to it has ended. A request is never sent into a connection that is being closed.
 */
const IDLE_CONNECTION_MS = 2_000;

/** So many replicas are tried: more would make a client wait longer for its 503. */
const MAX_TRIES = 3;

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
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
  });
  return {
    async forward({ addresses, operation, requestId }, incoming, outgoing) {
      const abort = new AbortController();
      outgoing.once('close', () => abort.abort());
      const request = {
        path: incoming.url ?? '/',
        method: incoming.method ?? 'GET',
        headers: forwardedHeaders(incoming, clientAddress(incoming, trusted), requestId),
        signal: abort.signal,
        responseHeaders: 'raw',
      } as const;
      let failure: unknown = new NoReplica();
      for (const origin of addresses.slice(0, MAX_TRIES)) {
        try {
          await agent.stream({ ...request, origin, body: bodyOf(incoming) }, ({ statusCode, headers }) =>
            outgoing.writeHead(statusCode, answeredHeaders(headers)),
          );
          return outgoing.statusCode;
        } catch (error) {
          failure = error;
          const mayTryNext =
            isConnectFailure(error) || (isRepeatable(incoming) && isLost(error) && !outgoing.headersSent);
          if (!mayTryNext) break;
        }
      }
      await answerFailure(failure, operation, outgoing, log);
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

/** No replica is known. */
class NoReplica extends Error {
  readonly code = 'ENOTFOUND';
  override readonly name = 'NoReplica';
}

function isConnectFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(
    String(error.code),
  );
}

/** Asking a second time does no harm, and there is no body that the first replica has had. */
function isRepeatable({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers['transfer-encoding'] === undefined && headers['content-length'] === undefined;
}

/** The replica died with the request in hand. */
function isLost(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(error.code))
  );
}

/** A failed request destroys its body: this one takes nothing from the client's until it is read, and leaves that whole. */
function bodyOf(incoming: IncomingMessage): Readable | null {
  const hasBody =
    incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0;
  return hasBody ? Readable.from(incoming.iterator({ destroyOnReturn: false }), { objectMode: false }) : null;
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
