import {
  attributes,
  isTemporary,
  type Logger,
  type Observability,
  type RequestCosts,
  type SpanAttributes,
  SpanKind,
  type SpanOptions,
  spanKinds,
  withRequestId,
  withSpan,
} from '@plexus/observability';
import { RpcError } from './rpc-error.ts';
import { type MethodMetrics, methodMetrics, type RpcSide } from './rpc-metrics.ts';
import type { BoundService, MessageCodec } from './types.ts';

/** The trace and the request that a call from another process is part of; both may be empty. */
export interface CallOrigin {
  readonly traceparent: string;
  readonly requestId: string;
  /** Added up while the call is served; undefined where the caller does so itself. */
  readonly costs?: RequestCosts;
}

/** A call inside the process is part of what its caller is part of. */
export const sameOrigin: CallOrigin = { traceparent: '', requestId: '' };

/** Where a call ends, whatever way it came: in the process itself, by unary gRPC or by the shared stream. */
export class ServedMethod {
  readonly requestType: MessageCodec;
  readonly responseType: MessageCodec;
  readonly #bound: BoundService;
  readonly #key: string;
  readonly #name: string;
  readonly #spanName: string;
  readonly #spanAttributes: SpanAttributes;
  readonly #spanOptions: SpanOptions;
  readonly #metrics: MethodMetrics;
  readonly #log: Logger;

  constructor(bound: BoundService, key: string, side: RpcSide, observability: Observability) {
    const { definition } = bound;
    const method = definition.methods[key];
    if (method === undefined) throw new TypeError(`${definition.fullName} has no method ${key}`);
    this.requestType = method.requestType;
    this.responseType = method.responseType;
    this.#bound = bound;
    this.#key = key;
    this.#name = `${definition.name}/${method.name}`;
    this.#spanName = `${spanKinds.rpcServer} ${this.#name}`;
    this.#spanAttributes = {
      [attributes.rpcSystem]: 'grpc',
      [attributes.rpcService]: definition.fullName,
      [attributes.rpcMethod]: method.name,
      [attributes.rpcTransport]: side === 'local' ? 'local' : 'wire',
    };
    this.#spanOptions =
      side === 'local' ? { kind: SpanKind.INTERNAL, onlyInTrace: true } : { kind: SpanKind.SERVER, parent: '' };
    this.#metrics = methodMetrics(observability, side, definition.name, method.name);
    this.#log = observability.log;
  }

  /**
   * Runs the implementation. Rejects with RpcError alone, DEADLINE_EXCEEDED when it takes too long (what it does goes on).
   * @param origin what the caller in another process is part of
   */
  serve(request: unknown, timeoutMs: number, origin: CallOrigin): Promise<unknown> {
    const startedAt = performance.now();
    this.#metrics.started();
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const settle = (code: string): boolean => {
        if (isSettled) return false;
        isSettled = true;
        clearTimeout(deadline);
        this.#metrics.ended(code, performance.now() - startedAt);
        return true;
      };
      const deadline = setTimeout(() => {
        if (settle('DEADLINE_EXCEEDED'))
          reject(new RpcError('DEADLINE_EXCEEDED', `${this.#name} took longer than ${Math.round(timeoutMs)} ms`));
      }, timeoutMs);
      withRequestId(origin.requestId, () => this.#run(request, origin.traceparent), origin.costs).then(
        (response) => {
          if (settle('OK')) resolve(response);
        },
        (error: unknown) => {
          const rpcError = RpcError.of(error, this.#name);
          if (settle(rpcError.code)) reject(rpcError);
        },
      );
    });
  }

  #run(request: unknown, traceparent: string): Promise<unknown> {
    const options = traceparent === '' ? this.#spanOptions : { ...this.#spanOptions, parent: traceparent };
    return withSpan(this.#spanName, this.#spanAttributes, () => this.#runLogged(request), options);
  }

  /** An error of the implementation is logged here, inside its span, and nowhere else: the caller gets one without its text. */
  async #runLogged(request: unknown): Promise<unknown> {
    try {
      return await this.#bound.call(this.#key, request);
    } catch (error) {
      if (error instanceof RpcError) throw error;
      const fields = { error, method: this.#name };
      if (isTemporary(error)) this.#log.warn(fields, 'a call between services failed');
      else if (RpcError.of(error, this.#name).code === 'INTERNAL')
        this.#log.error(fields, 'a call between services failed');
      else this.#log.info(fields, 'a call between services was refused');
      throw error;
    }
  }
}
