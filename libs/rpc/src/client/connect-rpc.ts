import {
  attributes,
  currentRequestCosts,
  currentRequestId,
  currentTraceparent,
  gauge,
  type Observability,
  rpcMetrics,
  type SpanAttributes,
  SpanKind,
  type SpanOptions,
  spanKinds,
  withSpan,
} from '@plexus/observability';
import { callOptions } from '../call-options.ts';
import { MAX_MESSAGE_BYTES } from '../limits.ts';
import { RpcError } from '../rpc-error.ts';
import { methodMetrics } from '../rpc-metrics.ts';
import { serviceClient } from '../service-client.ts';
import type { MethodDefinition, ServiceDefinition, ServiceOf } from '../types.ts';
import { type AddressSource, listedAddresses } from './address-source.ts';
import { CallRouter } from './call-router.ts';
import { type Outcome, PendingCall } from './pending-call.ts';

export interface ConnectRpcOptions {
  readonly defaultTimeoutMs: number;
  /** What calls of one thing have in common, for example the room id: they go to one address as long as it is there. */
  readonly routingKey?: (method: string, request: unknown) => string | undefined;
  readonly token?: string | undefined;
  /**
   * Calls in flight to one address, default 256. Eight in flight reach 92 % of the most that one stream does when answers come at once;
   * most wait for a database, so the bound is wider.
   */
  readonly maxInFlight?: number;
  /** Calls that wait for a place or for an address, default 10,000; the next fails with RESOURCE_EXHAUSTED. */
  readonly maxQueued?: number;
  readonly observability: Observability;
}

export interface RpcConnection<Definition extends ServiceDefinition> {
  readonly client: ServiceOf<Definition>;
  /** True while an address is connected. */
  isReady(): boolean;
  /** Ends calls that wait with CANCELLED. */
  close(): void;
}

/**
 * A service in other processes, at one address or several (`host:port`), listed or found by name, through its generated interface. Never fails to connect: calls
 * wait for an address until their deadline and are made again when one is lost. They reject with RpcError alone.
 */
export function connectRpc<Definition extends ServiceDefinition>(
  definition: Definition,
  addresses: readonly string[] | AddressSource,
  options: ConnectRpcOptions,
): RpcConnection<Definition> {
  const router = new CallRouter({
    service: definition.name,
    addresses: 'current' in addresses ? addresses : listedAddresses(addresses),
    token: options.token,
    maxInFlight: options.maxInFlight ?? 256,
    maxQueued: options.maxQueued ?? 10_000,
    log: options.observability.log.child({ peer: definition.name }),
  });
  exposeQueue(definition.name, router, options.observability);
  const client = serviceClient(definition, (key, method) => {
    const call = new RemoteMethod(definition, key, method, router, options);
    return (request) => call.call(request);
  });
  return { client, isReady: () => router.isReady, close: () => router.close() };
}

let lastId = 0;

/** One method's calls. */
class RemoteMethod {
  readonly #key: string;
  readonly #path: string;
  readonly #method: MethodDefinition;
  readonly #router: CallRouter;
  readonly #options: ConnectRpcOptions;
  readonly #spanName: string;
  readonly #spanAttributes: SpanAttributes;
  readonly #metrics;

  constructor(
    definition: ServiceDefinition,
    key: string,
    method: MethodDefinition,
    router: CallRouter,
    options: ConnectRpcOptions,
  ) {
    this.#key = key;
    this.#path = `/${definition.fullName}/${method.name}`;
    this.#method = method;
    this.#router = router;
    this.#options = options;
    this.#spanName = `${spanKinds.rpcClient} ${definition.name}/${method.name}`;
    this.#spanAttributes = {
      [attributes.rpcSystem]: 'grpc',
      [attributes.rpcService]: definition.fullName,
      [attributes.rpcMethod]: method.name,
    };
    this.#metrics = methodMetrics(options.observability, 'client', definition.name, method.name);
  }

  call(request: unknown): Promise<unknown> {
    return withSpan(this.#spanName, this.#spanAttributes, () => this.#send(request), clientSpan);
  }

  #send(request: unknown): Promise<unknown> {
    const startedAt = performance.now();
    this.#metrics.started();
    return new Promise((resolve, reject) => {
      const settled = (outcome: Outcome): void => {
        try {
          if ('error' in outcome) throw outcome.error;
          const response = this.#decode(outcome.payload);
          this.#metrics.ended('OK', performance.now() - startedAt);
          resolve(response);
        } catch (error) {
          this.#metrics.ended(error instanceof RpcError ? error.code : 'INTERNAL', performance.now() - startedAt);
          reject(error);
        }
      };
      this.#submit(request, settled);
    });
  }

  #submit(request: unknown, settled: (outcome: Outcome) => void): void {
    const { timeoutMs, signal } = callOptions() ?? {};
    if (signal?.aborted === true) {
      settled({ error: cancelled() });
      return;
    }
    const encoded = this.#method.requestType.encode(request).finish();
    if (encoded.length > MAX_MESSAGE_BYTES) {
      settled({ error: new RpcError('RESOURCE_EXHAUSTED', `${this.#path}: the request has ${encoded.length} bytes`) });
      return;
    }
    const costs = currentRequestCosts();
    const cancel = () => this.#router.abandon(call, cancelled());
    const call: PendingCall = new PendingCall({
      id: nextId(),
      path: this.#path,
      payload: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength),
      origin: { traceparent: currentTraceparent(), requestId: currentRequestId() },
      routingKey: this.#options.routingKey?.(this.#key, request),
      timeoutMs: timeoutMs ?? this.#options.defaultTimeoutMs,
      onSettled: (outcome) => {
        signal?.removeEventListener('abort', cancel);
        settled(outcome);
      },
      onCosts: (databaseMs) => {
        if (costs !== undefined) costs.databaseMs += databaseMs;
      },
      onDeadline: (late) => this.#router.abandon(late, this.#tooLate(late)),
    });
    signal?.addEventListener('abort', cancel, { once: true });
    this.#router.submit(call);
  }

  #tooLate(call: PendingCall): RpcError {
    return call.wasSent
      ? new RpcError('DEADLINE_EXCEEDED', `${this.#path}: no answer in time`)
      : new RpcError('UNAVAILABLE', `${this.#path}: nobody to ask in time`);
  }

  #decode(payload: Buffer): unknown {
    try {
      return this.#method.responseType.decode(payload);
    } catch {
      throw new RpcError('INTERNAL', `${this.#path}: the response cannot be decoded`);
    }
  }
}

const clientSpan: SpanOptions = { kind: SpanKind.CLIENT, onlyInTrace: true };

function nextId(): number {
  lastId = lastId === Number.MAX_SAFE_INTEGER ? 1 : lastId + 1;
  return lastId;
}

function cancelled(): RpcError {
  return new RpcError('CANCELLED', 'the caller no longer waits');
}

/** Routers by registry, so that a scrape shows the queue of each. */
const routersOf = new WeakMap<Observability['metrics'], Map<string, CallRouter>>();

function exposeQueue(service: string, router: CallRouter, observability: Observability): void {
  const known = routersOf.get(observability.metrics);
  if (known !== undefined) {
    known.set(service, router);
    return;
  }
  const routers = new Map([[service, router]]);
  routersOf.set(observability.metrics, routers);
  gauge(observability, rpcMetrics.queued, (queued) => {
    for (const [name, { queued: count }] of routers) queued.set({ service: name }, count);
  });
}
