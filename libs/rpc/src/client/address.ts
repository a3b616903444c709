import type { Answer } from '@plexus/contracts/rpc';
import type { Logger } from '@plexus/observability';
import { RpcError } from '../rpc-error.ts';
import { sameOrigin } from '../served-method.ts';
import { Connection } from './connection.ts';
import type { PendingCall } from './pending-call.ts';

const UNAVAILABLE = 14;
const noPayload = Buffer.alloc(0);

export interface AddressListener {
  opened(): void;
  /** The call found nobody here and may be made again, here or elsewhere. */
  refused(call: PendingCall): void;
}

/** One process that serves: its stream, the calls in flight on it, and those that wait for a place. */
export class Address {
  readonly #connection: Connection;
  readonly #maxInFlight: number;
  readonly #inFlight = new Map<number, PendingCall>();
  readonly #listener: AddressListener;
  #queue: PendingCall[] = [];
  #onLeft: (() => void) | undefined;

  constructor(
    address: string,
    options: { readonly token: string | undefined; readonly maxInFlight: number; readonly log: Logger },
    listener: AddressListener,
  ) {
    this.#maxInFlight = options.maxInFlight;
    this.#listener = listener;
    this.#connection = new Connection(address, options.token, options.log, {
      opened: () => listener.opened(),
      lost: () => this.#lost(),
      answered: (answer) => this.#answered(answer),
    });
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get load(): number {
    return this.#inFlight.size + this.#queue.length;
  }

  get queued(): number {
    return this.#queue.length;
  }

  submit(call: PendingCall): void {
    if (this.#inFlight.size < this.#maxInFlight) this.#send(call);
    else this.#queue.push(call);
  }

  /** Gives the place of a call that is no longer waited for to the next, and tells the other side. */
  forget(call: PendingCall): void {
    if (!this.#inFlight.delete(call.id)) return;
    const { id } = call;
    this.#connection.send({ id, method: '', payload: noPayload, timeoutMs: 0, ...sameOrigin, cancel: true });
    this.#sendNext();
    this.#closeWhenIdle();
  }

  /** Is given no more calls; closes when those it has are answered or lost. */
  leave(onLeft: () => void): void {
    this.#onLeft = onLeft;
    this.#closeWhenIdle();
  }

  close(): void {
    for (const call of [...this.#inFlight.values(), ...this.#queue])
      call.fail(new RpcError('CANCELLED', 'this process stops'));
    this.#inFlight.clear();
    this.#queue = [];
    this.#connection.close();
  }

  #send(call: PendingCall): void {
    const { id, path, payload, origin } = call;
    const timeoutMs = Math.max(1, Math.ceil(call.remainingMs()));
    this.#inFlight.set(id, call);
    call.wasSent = true;
    this.#connection.send({ id, method: path, payload, timeoutMs, ...origin, cancel: false });
  }

  #sendNext(): void {
    while (this.#inFlight.size < this.#maxInFlight) {
      const call = this.#queue.shift();
      if (call === undefined) return;
      if (!call.isSettled) this.#send(call);
    }
  }

  #answered({ id, status, payload, message, databaseUs }: Answer): void {
    const call = this.#inFlight.get(id);
    if (call === undefined) return;
    this.#inFlight.delete(id);
    call.costs(databaseUs / 1_000);
    if (status === 0) call.settle({ payload });
    else if (status === UNAVAILABLE) this.#listener.refused(call);
    else call.fail(RpcError.fromStatus(status, message));
    this.#sendNext();
    this.#closeWhenIdle();
  }

  #lost(): void {
    const calls = [...this.#inFlight.values(), ...this.#queue];
    this.#inFlight.clear();
    this.#queue = [];
    for (const call of calls) if (!call.isSettled) this.#listener.refused(call);
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#onLeft === undefined || this.load > 0) return;
    this.#connection.close();
    this.#onLeft();
    this.#onLeft = undefined;
  }
}
