import type { Logger } from '@plexus/observability';
import { RpcError } from '../rpc-error.ts';
import { Address } from './address.ts';
import type { AddressSource } from './address-source.ts';
import { backOffMs } from './back-off.ts';
import type { PendingCall } from './pending-call.ts';
import { rendezvousOrder } from './rendezvous.ts';

export interface CallRouterOptions {
  readonly service: string;
  readonly addresses: AddressSource;
  readonly token: string | undefined;
  /** Per address; the rest waits in a queue. */
  readonly maxInFlight: number;
  /** Calls that wait, over all addresses; the next is refused. */
  readonly maxQueued: number;
  readonly log: Logger;
}

/** Chooses an address for each call among those that are open, and again when one refuses it or is lost. */
export class CallRouter {
  readonly #options: CallRouterOptions;
  /** In step with `#names`. */
  #addresses: readonly Address[] = [];
  #names: readonly string[] = [];
  /** No longer given calls; they end when those they have are answered. */
  readonly #leaving = new Set<Address>();
  /** Calls that found no address open. */
  #waiting = new Set<PendingCall>();
  #backingOff = 0;
  #isClosed = false;

  constructor(options: CallRouterOptions) {
    this.#options = options;
    options.addresses.onChange(() => this.#follow());
    this.#follow();
  }

  /** Calls that are not sent yet. */
  get queued(): number {
    let queued = this.#waiting.size + this.#backingOff;
    for (const address of this.#addresses) queued += address.queued;
    return queued;
  }

  get isReady(): boolean {
    return this.#addresses.some((address) => address.isOpen);
  }

  submit(call: PendingCall): void {
    if (this.#isClosed) call.fail(new RpcError('CANCELLED', 'this process stops'));
    else if (!this.#options.addresses.isConfigured)
      call.fail(new RpcError('UNAVAILABLE', `no address of ${this.#options.service} is configured`));
    else if (this.queued >= this.#options.maxQueued)
      call.fail(new RpcError('RESOURCE_EXHAUSTED', `too many calls wait for ${this.#options.service}`));
    else this.#route(call);
  }

  /** Ends a call that nobody waits for any longer. */
  abandon(call: PendingCall, error: RpcError): void {
    this.#waiting.delete(call);
    call.fail(error);
    for (const address of [...this.#addresses, ...this.#leaving]) address.forget(call);
  }

  close(): void {
    this.#isClosed = true;
    for (const call of this.#waiting) call.fail(new RpcError('CANCELLED', 'this process stops'));
    this.#waiting.clear();
    this.#options.addresses.close();
    for (const address of [...this.#addresses, ...this.#leaving]) address.close();
  }

  /** Connects to addresses that are new and takes leave of those that are gone. */
  #follow(): void {
    const known = new Map(this.#names.map((name, index) => [name, this.#addresses[index]]));
    this.#names = this.#options.addresses.current;
    this.#addresses = this.#names.map((name) => known.get(name) ?? this.#connect(name));
    for (const [name, address] of known) {
      if (address === undefined || this.#names.includes(name)) continue;
      this.#leaving.add(address);
      address.leave(() => this.#leaving.delete(address));
    }
  }

  #connect(name: string): Address {
    return new Address(name, this.#options, {
      opened: () => this.#opened(),
      refused: (call) => this.#refused(call),
    });
  }

  #route(call: PendingCall): void {
    const address = this.#choose(call);
    if (address === undefined) this.#waiting.add(call);
    else address.submit(call);
  }

  /** By its routing key when it has one, else the address with the least to do. After each refusal the next in order. */
  #choose(call: PendingCall): Address | undefined {
    const only = this.#addresses[0];
    if (this.#addresses.length === 1) return only?.isOpen === true ? only : undefined;
    const open = this.#ordered(call.routingKey).filter((address) => address.isOpen);
    return open[call.attempt % Math.max(1, open.length)];
  }

  #ordered(routingKey: string | undefined): Address[] {
    if (routingKey === undefined) return [...this.#addresses].sort((a, b) => a.load - b.load);
    const order = rendezvousOrder(routingKey, this.#names);
    return order.flatMap((index) => this.#addresses[index] ?? []);
  }

  #opened(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const call of waiting) this.#route(call);
  }

  /** All our methods are idempotent, so a call whose fate is unknown is simply made again, as long as somebody waits for it. */
  #refused(call: PendingCall): void {
    this.#backingOff++;
    setTimeout(
      () => {
        this.#backingOff--;
        if (call.isSettled) return;
        if (this.#isClosed) call.fail(new RpcError('CANCELLED', 'this process stops'));
        else this.#route(call);
      },
      backOffMs(call.attempt++),
    );
  }
}
