import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import type { Logger } from '@plexus/observability';

/** The addresses, `host:port`, of a service's replicas, which may come and go. */
export interface AddressSource {
  readonly current: readonly string[];
  /** False when there is none and never will be. */
  readonly isConfigured: boolean;
  onChange(listener: () => void): void;
  close(): void;
}

/** Addresses that stay as they are. */
export function listedAddresses(addresses: readonly string[]): AddressSource {
  return { current: addresses, isConfigured: addresses.length > 0, onChange: () => {}, close: () => {} };
}

export interface ResolvedAddressesOptions {
  readonly log: Logger;
  /** All addresses of a host; the system's resolver when absent. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/**
 * Well below the time for which a replica that stops goes on serving (shutdown.drainMs, 10 s in the chart), so that callers have left it by
 * then. A lookup costs 0.2 ms of a thread of the pool.
 */
const INTERVAL_MS = 3_000;

/**
 * Every address that these names (`host:port`) have, looked up again every three seconds. What was known last stays while a name does not
 * resolve: a name server that is away must not take the service along, and a replica that is gone is found out by its connection.
 */
export function resolvedAddresses(
  names: readonly string[],
  { log, resolve = allAddresses }: ResolvedAddressesOptions,
): AddressSource {
  return new ResolvedAddresses(names, resolve, log);
}

class ResolvedAddresses implements AddressSource {
  readonly isConfigured: boolean;
  readonly #names: readonly string[];
  readonly #resolve: (host: string) => Promise<readonly string[]>;
  readonly #log: Logger;
  readonly #listeners: (() => void)[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #known = new Map<string, readonly string[]>();
  readonly #unresolved = new Set<string>();
  #current: readonly string[] = [];
  #isClosed = false;

  constructor(names: readonly string[], resolve: (host: string) => Promise<readonly string[]>, log: Logger) {
    this.isConfigured = names.length > 0;
    this.#names = names;
    this.#resolve = resolve;
    this.#log = log;
    this.#timer = setInterval(() => void this.#look(), INTERVAL_MS);
    void this.#look();
  }

  get current(): readonly string[] {
    return this.#current;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#lookUp(name)));
    const next = [...new Set(this.#names.flatMap((name) => this.#known.get(name) ?? []))].sort();
    if (this.#isClosed || next.join() === this.#current.join()) return;
    this.#current = next;
    for (const listener of this.#listeners) listener();
  }

  async #lookUp(name: string): Promise<void> {
    const { host, port } = splitPort(name);
    try {
      const found = await this.#resolve(host);
      if (found.length > 0)
        this.#known.set(
          name,
          found.map((address) => joinPort(address, port)),
        );
      if (this.#unresolved.delete(name)) this.#log.info({ name, addresses: found.length }, 'a name resolves again');
    } catch (error) {
      if (this.#unresolved.has(name)) return;
      this.#unresolved.add(name);
      this.#log.warn({ name, error }, 'a name does not resolve; the addresses it had stay in use');
    }
  }
}

async function allAddresses(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function splitPort(name: string): { host: string; port: string } {
  const colon = name.lastIndexOf(':');
  return { host: name.slice(0, colon).replace(/^\[|\]$/g, ''), port: name.slice(colon + 1) };
}

function joinPort(address: string, port: string): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
