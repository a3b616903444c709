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
import { errors, type MatrixHttpError } from './errors.ts';
import { type RequestMetrics, requestMetrics } from './http-metrics.ts';
import { createProxy, type ProxyTargets, type ServiceProxy } from './proxy.ts';
import { type RequestIds, requestIds } from './request-ids.ts';
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
  /** The processes that answer for the owner of an operation without a handler here; without it: 404. */
  readonly proxyTo?: ProxyTargets;
  /** Aborted when long polls shall end with what they have. */
  readonly longPollSignal: AbortSignal;
}

type Route = Extract<Match, { kind: 'operation' }>;

/** From a request that came in to the answer that goes out: matched, measured, traced, answered here or by the owner's process. */
export class Edge {
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

  constructor(options: EdgeOptions) {
    this.#options = options;
    this.#route = createRouter(options.operations);
    this.#trusted = trustedProxies(options.trustedProxies);
    this.#requestIds = requestIds(this.#trusted);
    this.#metrics = requestMetrics(options.observability);
    this.#proxy = createProxy(this.#trusted, options.observability.log);
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
    const startedAt = this.#options.clock.monotonic();
    if (incoming.method === 'OPTIONS') {
      sendPreflight(outgoing);
      return;
    }
    this.#metrics.arrived();
    const match = this.#route(incoming.method ?? '', incoming.url ?? '');
    if (match.kind === 'operation') this.#dispatch(match, incoming, outgoing, startedAt);
    else this.#refuse(outgoing, noOperation(match), startedAt);
  }

  #dispatch(
    { operation, params }: Route,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    startedAt: number,
  ): void {
    const handler = this.#options.handlers[operation.key];
    const addresses = handler === undefined ? this.#targets(operation, incoming) : undefined;
    if (handler !== undefined) {
      const receivedAt = this.#options.clock.now();
      const request = new ServerRequest(operation, params, incoming, outgoing, receivedAt, this.#surroundings);
      void this.#serve(request, handler, startedAt);
    } else if (addresses !== undefined) void this.#forward(addresses, operation, incoming, outgoing, startedAt);
    else this.#refuse(outgoing, errors.unrecognized(), startedAt);
  }

  /** Never rejects. */
  async #serve(request: ServerRequest, handler: Handler, startedAt: number): Promise<void> {
    const { key } = request.operation;
    const { clock, observability } = this.#options;
    const reply = await withRequestId(this.#requestIds.of(request.incoming), () =>
      withSpan(
        this.#spanNames.get(key) ?? key,
        noAttributes,
        (span) => this.#reply(request, handler, span),
        this.#spanOptions(request.incoming),
      ),
    );
    const milliseconds = clock.monotonic() - startedAt;
    this.#metrics.answered(key, reply.status, milliseconds);
    this.#options.activity?.answered(key, reply.status, milliseconds);
    try {
      const bytes = await sendReply(request.outgoing, reply, this.closing || leavesBodyUnread(reply));
      this.#metrics.sent(key, bytes);
    } catch (error) {
      observability.log.debug({ err: error, operation: key }, 'an answer was cut off');
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
    startedAt: number,
  ): Promise<void> {
    const { key } = operation;
    const requestId = this.#requestIds.of(incoming);
    const work = async (span: ActiveSpan): Promise<number> => {
      const answered = await this.#proxy.forward({ addresses, operation: key, requestId }, incoming, outgoing);
      describe(span, operation, answered);
      return answered;
    };
    const name = this.#spanNames.get(key) ?? key;
    const status = await withRequestId(requestId, () =>
      withSpan(name, noAttributes, work, this.#spanOptions(incoming)),
    );
    this.#metrics.answered(key, status, this.#options.clock.monotonic() - startedAt);
  }

  /** A trace goes on from a hop that is ours; a stranger's header could have every request sampled. */
  #spanOptions(incoming: IncomingMessage): SpanOptions {
    const { traceparent } = incoming.headers;
    if (typeof traceparent !== 'string' || !this.#trusted.includes(incoming.socket.remoteAddress ?? ''))
      return serverSpan;
    return { kind: SpanKind.SERVER, parent: traceparent };
  }

  #refuse(outgoing: ServerResponse, error: MatrixHttpError, startedAt: number): void {
    this.#metrics.answered('unrecognized', error.status, this.#options.clock.monotonic() - startedAt);
    void sendReply(outgoing, replyOf(error), this.closing);
  }
}

function describe(span: ActiveSpan, { key, method }: Operation<OperationKey>, status: number): void {
  if (!span.sampled) return;
  span.setAttribute(attributes.operation, key);
  span.setAttribute(attributes.httpMethod, method);
  span.setAttribute(attributes.httpStatus, status);
}

const noAttributes = {};
const serverSpan: SpanOptions = { kind: SpanKind.SERVER };

/** After these answers the rest of the body is not worth reading: the connection ends. */
function leavesBodyUnread(reply: Reply): boolean {
  return reply.status === 413 || reply.status === 408;
}
