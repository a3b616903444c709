import type { RpcError } from '../rpc-error.ts';
import type { CallOrigin } from '../served-method.ts';

export type Outcome = { readonly payload: Buffer } | { readonly error: RpcError };

/** A call from the moment it is made until it is settled, wherever it waits or flies. */
export class PendingCall {
  readonly id: number;
  readonly path: string;
  readonly payload: Buffer;
  readonly origin: CallOrigin;
  readonly routingKey: string | undefined;
  readonly #endsAt: number;
  readonly #deadline: NodeJS.Timeout;
  /** Told of the milliseconds that the statements of a try took. */
  readonly costs: (databaseMs: number) => void;
  readonly #settled: (outcome: Outcome) => void;
  /** Tries that were refused as UNAVAILABLE. */
  attempt = 0;
  /** Whether an address has ever been given this call. */
  wasSent = false;
  isSettled = false;

  constructor(call: {
    readonly id: number;
    readonly path: string;
    readonly payload: Buffer;
    readonly origin: CallOrigin;
    readonly routingKey: string | undefined;
    readonly timeoutMs: number;
    readonly onSettled: (outcome: Outcome) => void;
    readonly onCosts: (databaseMs: number) => void;
    readonly onDeadline: (call: PendingCall) => void;
  }) {
    this.id = call.id;
    this.path = call.path;
    this.payload = call.payload;
    this.origin = call.origin;
    this.routingKey = call.routingKey;
    this.#settled = call.onSettled;
    this.costs = call.onCosts;
    this.#endsAt = performance.now() + call.timeoutMs;
    this.#deadline = setTimeout(() => call.onDeadline(this), call.timeoutMs);
  }

  remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  settle(outcome: Outcome): void {
    if (this.isSettled) return;
    this.isSettled = true;
    clearTimeout(this.#deadline);
    this.#settled(outcome);
  }

  fail(error: RpcError): void {
    this.settle({ error });
  }
}
