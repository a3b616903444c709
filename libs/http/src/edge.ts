import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ActiveSpan,
  attributes,
  type Clock,
  type Observability,
  SpanKind,
  type SpanOptions,
  spanKinds,
  withRequestId,
  withSpan,
} from '@plexus/observability';
import type { Operation, OperationKey } from '@plexus/routes';
import type { ActivityRecorder } from './activity.ts';
import { type Admission, answerRequest } from './answer-request.ts';
import { type TrustedProxies, trustedProxies } from './client-address.ts';
import { affinityOf } from './credentials.ts';
import { errorReply, noOperation, replyOf } from './error-reply.ts';
import { errors, MatrixHttpError } from './errors.ts';
import { type RequestMetrics, requestMetrics } from './http-metrics.ts';
import type { MalformedRequestSink } from './malformed-requests.ts';
import { createProxy, type ProxyTargets, type ServiceProxy } from './proxy.ts';
import { type RequestIds, requestIds } from './request-ids.ts';
import { RequestLog } from './request-log.ts';
import type { Authenticate } from './requester.ts';
import { createRouter, type Match } from './router.ts';
import { sendPreflight, sendReply } from './send-reply.ts';
import { type RequestSurroundings, ServerRequest } from './server-request.ts';
import type { Handler, Handlers, Reply } from './types.ts';

export interface EdgeOptions extends Admission {
  /** What this listener knows: all for clients, those of the server-server API for federation. */
  readonly operations: readonly Operation<OperationKey>[];
  readonly handlers: Handlers;
  readonly authenticate: Authenticate;
  readonly activity?: ActivityRecorder | undefined;
  readonly observability: Observability;
  readonly clock: Clock;
  /** Addresses or ranges whose X-Forwarded-For and traceparent are believed. */
  readonly trustedProxies: readonly string[];
  /** Whether each request gets a line in the log. Absent: no. */
  readonly accessLog?: () => boolean;
  /** The processes that answer for the owner of an operation without a handler here; without it: 404. */
  readonly proxyTo?: ProxyTargets;
  /** Aborted when long polls shall end with what they have. */
  readonly longPollSignal: AbortSignal;
}

type Route = Extract<Match, { kind: 'operation' }>;

/** From a request that came in to the answer that goes out: matched, measured, traced, answered here or by the owner's process. */
export class Edge implements MalformedRequestSink {
  /** Set while the process stops: connections end with their answer. */
  closing = false;
  readonly #options: EdgeOptions;
  readonly #route: (method: string, url: string) => Match;
  readonly #trusted: TrustedProxies;
  readonly #surroundings: RequestSurroundings;
  readonly #metrics: RequestMetrics;
  readonly #proxy: ServiceProxy;
  readonly #spanNames: ReadonlyMap<string, string>;
  readonly #requestIds: RequestIds;
  readonly #log: RequestLog;

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#route = createRouter(options.operations);
    this.#trusted = trustedProxies(options.trustedProxies);
    this.#requestIds = requestIds(this.#trusted);
    this.#metrics = requestMetrics(options.observability);
    this.#log = new RequestLog(options.observability.log, options.accessLog ?? (() => false), this.#trusted);
    this.#proxy = createProxy(this.#trusted, options.observability.log, () => this.closing);
    this.#spanNames = new Map(options.operations.map(({ key }) => [key, `${spanKinds.http} ${key}`]));
    const { activity, authenticate, longPollSignal } = options;
    const waiting = new Set<ServerRequest>();
    this.#surroundings = { activity, authenticate, trusted: this.#trusted, waiting, longPollSignal };
    longPollSignal.addEventListener('abort', () => {
      for (const request of waiting) request.abandon();
    });
  }

  stop(): Promise<void> {
    return this.#proxy.close();
  }

  receive(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const arrival = this.#arrived(incoming);
    if (hostProblem(incoming)) {
      this.#refuse(incoming, outgoing, errors.unknown('The request must have one Host header'), arrival);
      return;
    }
    if (incoming.method === 'OPTIONS') {
      if (this.closing) outgoing.shouldKeepAlive = false;
      sendPreflight(outgoing, arrival.requestId);
      this.#metrics.answered('preflight', 204, this.#options.clock.monotonic() - arrival.startedAt);
      return;
    }
    const match = this.#route(incoming.method ?? '', incoming.url ?? '');
    if (match.kind === 'operation') this.#dispatch(match, incoming, outgoing, arrival);
    else this.#refuse(incoming, outgoing, noOperation(match), arrival);
  }

  /** A request that wants more than this server does before its body is sent. RFC 9110, section 10.1.1. */
  refuseExpectation(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const error = new MatrixHttpError(417, 'M_UNKNOWN', 'The expectation of the request cannot be met');
    this.#refuse(incoming, outgoing, error, this.#arrived(incoming));
  }

  /** As `MalformedRequestSink`: what the parser of HTTP refused has no headers. */
  requestId(): string {
    return this.#requestIds.next();
  }

  refused(status: number, requestId: string): void {
    this.#metrics.arrived();
    this.#metrics.answered('malformed', status, 0);
    this.#log.answered({ operation: 'malformed', status, milliseconds: 0, requestId });
  }

  #arrived(incoming: IncomingMessage): Arrival {
    this.#metrics.arrived();
    this.#log.noteForwarding(incoming);
    return { startedAt: this.#options.clock.monotonic(), requestId: this.#requestIds.of(incoming) };
  }

  #dispatch({ operation, params }: Route, incoming: IncomingMessage, outgoing: ServerResponse, arrival: Arrival): void {
    const handler = this.#options.handlers[operation.key];
    const addresses = handler === undefined ? this.#targets(operation, incoming) : undefined;
    if (handler !== undefined) {
      const receivedAt = this.#options.clock.now();
      const request = new ServerRequest(operation, params, incoming, outgoing, receivedAt, this.#surroundings);
      void this.#serve(request, handler, arrival);
    } else if (addresses !== undefined) void this.#forward(addresses, operation, incoming, outgoing, arrival);
    else this.#refuse(incoming, outgoing, errors.unrecognized(), arrival);
  }

  /** Never rejects. */
  async #serve(request: ServerRequest, handler: Handler, { requestId, startedAt }: Arrival): Promise<void> {
    const { key } = request.operation;
    const { clock, observability } = this.#options;
    const costs = { databaseMs: 0 };
    const work = (): Promise<{ reply: Reply; traceId: string }> =>
      withSpan(
        this.#spanNames.get(key) ?? key,
        noAttributes,
        async (span) => ({ reply: await this.#reply(request, handler, span), traceId: span.traceId }),
        this.#spanOptions(request.incoming),
      );
    const { reply, traceId } = await withRequestId(requestId, work, costs);
    const milliseconds = clock.monotonic() - startedAt;
    this.#metrics.answered(key, reply.status, milliseconds);
    this.#options.activity?.answered(key, reply.status, milliseconds);
    this.#log.served(request, reply, { milliseconds, requestId, traceId, ...costs });
    try {
      if (this.closing) request.outgoing.shouldKeepAlive = false;
      const bytes = await sendReply(request.outgoing, reply, { requestId });
      this.#metrics.sent(key, bytes);
    } catch (error) {
      observability.log.debug({ error, operation: key }, 'an answer was cut off');
      request.outgoing.destroy();
    }
  }

  async #reply(request: ServerRequest, handler: Handler, span: ActiveSpan): Promise<Reply> {
    let reply: Reply;
    try {
      reply = await answerRequest(request, handler, this.#options);
    } catch (error) {
      reply = errorReply(error, request.operation.key, this.#options.observability.log);
    }
    describe(span, request.operation, reply.status);
    return reply;
  }

  #targets({ owner }: Operation<OperationKey>, incoming: IncomingMessage): readonly string[] | undefined {
    return this.#options.proxyTo?.of(owner, affinityOf(incoming));
  }

  async #forward(
    addresses: readonly string[],
    operation: Operation<OperationKey>,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { requestId, startedAt }: Arrival,
  ): Promise<void> {
    const { key } = operation;
    let traceId = '';
    const work = async (span: ActiveSpan): Promise<number> => {
      traceId = span.traceId;
      const answered = await this.#proxy.forward({ addresses, operation, requestId }, incoming, outgoing);
      describe(span, operation, answered);
      return answered;
    };
    const name = this.#spanNames.get(key) ?? key;
    const status = await withRequestId(requestId, () =>
      withSpan(name, noAttributes, work, this.#spanOptions(incoming)),
    );
    const milliseconds = this.#options.clock.monotonic() - startedAt;
    this.#metrics.answered(key, status, milliseconds);
    this.#log.answered({ operation: key, status, milliseconds, requestId, traceId, incoming });
  }

  /** A trace goes on from a hop that is ours; a stranger's header could have every request sampled. */
  #spanOptions(incoming: IncomingMessage): SpanOptions {
    const { traceparent } = incoming.headers;
    if (typeof traceparent !== 'string' || !this.#trusted.includes(incoming.socket.remoteAddress ?? ''))
      return serverSpan;
    return { kind: SpanKind.SERVER, parent: traceparent };
  }

  #refuse(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    error: MatrixHttpError,
    { requestId, startedAt }: Arrival,
  ): void {
    const milliseconds = this.#options.clock.monotonic() - startedAt;
    this.#metrics.answered('unrecognized', error.status, milliseconds);
    const { status, errcode } = error;
    this.#log.answered({ operation: 'unrecognized', status, errcode, milliseconds, requestId, incoming });
    if (this.closing) outgoing.shouldKeepAlive = false;
    void sendReply(outgoing, replyOf(error), { requestId });
  }
}

interface Arrival {
  readonly startedAt: number;
  readonly requestId: string;
}

/** Two hosts would be two readings of one request by two hops. RFC 9112, section 3.2. */
function hostProblem({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts > 1 || (hosts === 0 && httpVersion !== '1.0');
}

function describe(span: ActiveSpan, { key, method }: Operation<OperationKey>, status: number): void {
  if (!span.sampled) return;
  span.setAttribute(attributes.operation, key);
  span.setAttribute(attributes.httpMethod, method);
  span.setAttribute(attributes.httpStatus, status);
}

const noAttributes = {};
const serverSpan: SpanOptions = { kind: SpanKind.SERVER };
