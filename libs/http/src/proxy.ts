import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { Logger } from '@plexus/observability';
import type { Operation, OperationKey, OperationOwner } from '@plexus/routes';
import { Agent } from 'undici';
import { clientAddress, type TrustedProxies } from './client-address.ts';
import { errorReply } from './error-reply.ts';
import { errors, MatrixHttpError } from './errors.ts';
import { answeredHeaders, endsConnection, forwardedHeaders } from './forwarded-headers.ts';
import { ReplayableBody } from './replayable-body.ts';
import { ReplicaOrder } from './replica-order.ts';
import { sendReply } from './send-reply.ts';
import { dropRest, leavesBodyUnread } from './unread-body.ts';

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
  readonly operation: Operation<OperationKey>;
  /** Ties the log lines of both processes together. */
  readonly requestId: string;
}

/** Hands requests on to the process that answers them, streaming both ways. */
export interface ServiceProxy {
  /**
   * An answer that comes before the body was read is an answer. Never rejects: an owner that is away is answered for with 503, one that
   * broke off with 502. Resolves to the status.
   */
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

/** So often a request is sent at most: more would make a client wait longer for its 503. */
const MAX_TRIES = 3;

/** @param isClosing true while the process stops: connections of clients end with their answers */
export function createProxy(trusted: TrustedProxies, log: Logger, isClosing: () => boolean): ServiceProxy {
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    pipelining: 1,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    keepAliveMaxTimeout: IDLE_CONNECTION_MS,
  });
  const order = new ReplicaOrder(() => performance.now());

  /** Sends the request once. Rejects with the client's error when no answer has begun, or one broke off. */
  const attempt = async (origin: string, { requestId }: ProxyTarget, exchange: Exchange): Promise<void> => {
    const { incoming, outgoing, body, drop, signal } = exchange;
    const request = {
      origin,
      path: incoming.url ?? '/',
      method: incoming.method ?? 'GET',
      headers: forwardedHeaders(incoming, clientAddress(incoming, trusted), requestId),
      body: body?.read() ?? null,
      signal,
      responseHeaders: 'raw',
    } as const;
    await agent.stream(request, ({ statusCode, headers }) => {
      const raw = Array.isArray(headers) ? headers.map(String) : [];
      const isEarly = leavesBodyUnread(incoming);
      if (!endsConnection(raw)) order.works(origin);
      // One that closes a connection because of a long body that it does not want does not leave.
      else if (!isEarly) order.left(origin);
      if (isEarly || isClosing()) outgoing.shouldKeepAlive = false;
      outgoing.writeHead(statusCode, answeredHeaders(raw, requestId));
      return isEarly ? lingering(outgoing, drop) : outgoing;
    });
  };

  return {
    async forward(target, incoming, outgoing) {
      const abort = new AbortController();
      outgoing.once('close', () => abort.abort());
      const body = ReplayableBody.of(incoming);
      const drop = () => void body?.drop();
      const exchange = { incoming, outgoing, body, drop, signal: abort.signal };
      const addresses = order.of(target.addresses);
      let failure: unknown = new NoReplica();
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const origin = addresses[tries % addresses.length];
        if (origin === undefined || (tries >= addresses.length && isUnsent(failure))) break;
        try {
          await attempt(origin, target, exchange);
          return outgoing.statusCode;
        } catch (error) {
          failure = error;
          if (isUnsent(error)) order.left(origin);
          if (!mayRepeat(error, target.operation, exchange)) break;
        }
      }
      await answerFailure(failure, target, exchange, log);
      return outgoing.statusCode;
    },
    close: () => agent.destroy(),
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: ReplayableBody | undefined;
  /** Reads and drops what is left of the body. */
  readonly drop: () => void;
  readonly signal: AbortSignal;
}

/** Asking again does no harm, the client still waits and has nothing yet, and the whole body is at hand. */
function mayRepeat(error: unknown, operation: Operation, { outgoing, body, signal }: Exchange): boolean {
  if (outgoing.headersSent || signal.aborted || body?.isWhole === false) return false;
  return isUnsent(error) || (isLost(error) && isRepeatable(operation));
}

/**
 * Reads, and writes that have the same effect when they are made twice: a PUT sets what it names, and one that creates an event carries a
 * transaction id. Uploads do not count: the second is refused.
 */
function isRepeatable({ method, body }: Operation): boolean {
  return method === 'GET' || (method === 'PUT' && body !== 'raw');
}

/** The answer goes out at once; its end, which closes the connection, waits until the client has sent the rest of its body. */
function lingering(outgoing: ServerResponse, drop: () => void): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      outgoing.write(chunk, done);
    },
    final(done) {
      outgoing.once('close', () => done());
      void dropRest(outgoing, drop).then(() => outgoing.end());
    },
  });
}

async function answerFailure(
  error: unknown,
  { operation: { key }, requestId }: ProxyTarget,
  { outgoing, drop }: Exchange,
  log: Logger,
): Promise<void> {
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  if (isMalformed(error)) {
    await sendReply(outgoing, errorReply(errors.unknown('The request is malformed'), key, log), { requestId, drop });
    return;
  }
  log.warn({ error, operation: key }, 'the service that answers this is away');
  const away = isUnsent(error) ? errors.unavailable() : new MatrixHttpError(502, 'M_UNKNOWN', 'No answer');
  await sendReply(outgoing, errorReply(away, key, log), { requestId, drop });
}

/** No replica is known. */
class NoReplica extends Error {
  readonly code = 'ENOTFOUND';
  override readonly name = 'NoReplica';
}

const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'];
/** The replica died, or closed the connection, with the request in hand. */
const lost = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];
/** What the parser of the gateway lets pass and a client of HTTP must not send. */
const malformed = ['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'];

/** No connection was made: no replica has seen anything of the request. */
function isUnsent(error: unknown): boolean {
  return unsent.includes(codeOf(error));
}

function isLost(error: unknown): boolean {
  return lost.includes(codeOf(error));
}

function isMalformed(error: unknown): boolean {
  return malformed.includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
