import type { Observability } from '@plexus/observability';
import { MAX_MESSAGE_BYTES } from '../limits.ts';
import { RpcError } from '../rpc-error.ts';
import { type CallOrigin, ServedMethod } from '../served-method.ts';
import type { BoundService } from '../types.ts';

/** Encoded calls by their full path: what unary gRPC and the shared stream both end in. */
export class Dispatcher {
  readonly #methods = new Map<string, ServedMethod>();
  #inFlight = 0;
  #isDraining = false;
  #whenIdle: (() => void) | undefined;

  constructor(bound: readonly BoundService[], observability: Observability) {
    for (const service of bound) {
      for (const [key, { name }] of Object.entries(service.definition.methods)) {
        const path = `/${service.definition.fullName}/${name}`;
        if (this.#methods.has(path)) throw new TypeError(`${path} is served twice`);
        this.#methods.set(path, new ServedMethod(service, key, 'server', observability));
      }
    }
  }

  paths(): Iterable<string> {
    return this.#methods.keys();
  }

  /** Rejects with RpcError alone. */
  async call(path: string, payload: Uint8Array, timeoutMs: number, origin: CallOrigin): Promise<Uint8Array> {
    if (this.#isDraining) throw new RpcError('UNAVAILABLE', 'this process stops');
    const method = this.#methods.get(path);
    if (method === undefined) throw new RpcError('UNIMPLEMENTED', `${path.slice(0, 200)} is not served here`);
    this.#inFlight++;
    try {
      const response = await method.serve(decode(method, payload, path), timeoutMs, origin);
      return encode(method, response, path);
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) this.#whenIdle?.();
    }
  }

  /** Refuses calls from now on; resolves when those in hand are answered, or after the time. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function decode(method: ServedMethod, payload: Uint8Array, path: string): unknown {
  try {
    return method.requestType.decode(payload);
  } catch {
    throw new RpcError('INVALID_ARGUMENT', `${path}: the request cannot be decoded`);
  }
}

function encode(method: ServedMethod, response: unknown, path: string): Uint8Array {
  const encoded = method.responseType.encode(response).finish();
  if (encoded.length > MAX_MESSAGE_BYTES)
    throw new RpcError('RESOURCE_EXHAUSTED', `${path}: the response has ${encoded.length} bytes`);
  return encoded;
}
