import { encodeBase64, type ServerName } from '@plexus/matrix';
import { type Clock, counter, federationapiMetrics, fromZero, type Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { LRUCache } from 'lru-cache';
import type { RemoteServers } from './clients/remote-server.ts';
import { isValidAt, mergeKeys, readServerKeys, type ServerKey, signsRequestsAt } from './domain/server-keys.ts';
import { loadServerKeys, storeServerKeys } from './storage/server-keys.ts';

/** Verify keys of servers: from memory, from the table, or from the server itself. Times are milliseconds since the epoch. */
export interface KeyRing {
  /**
   * The key of this id by which the server signs requests now. Undefined when it cannot be fetched, or the server has no such key
   * or has retired it. Server-Server API, "Publishing Keys".
   */
  requestKey(serverName: ServerName, keyId: string, now: number): Promise<ServerKey | undefined>;
  /** The key that has replaced this one under the same id; the server is asked for it at most once an hour. */
  refreshedRequestKey(known: ServerKey, now: number): Promise<ServerKey | undefined>;
  /**
   * All keys of these ids (of any, when there are none) by which the server may have signed an event at that time. `refresh`: a signature
   * by a known key was wrong, so the server is asked again, at most once an hour.
   */
  eventKeys(
    serverName: ServerName,
    keyIds: readonly string[],
    validAt: number,
    refresh: boolean,
  ): Promise<readonly ServerKey[]>;
}

/** A server that could not be asked is not asked again for this long, whoever wants to know. */
const RETRY_MS = 60_000;
/** A wrong signature makes this server fetch keys that it has already; a stranger can cause that, so it is rare. */
const REFRESH_MS = 3_600_000;
const MAX_SERVERS = 20_000;
const MAX_ANSWER_BYTES = 65_536;

interface Known {
  readonly keys: readonly ServerKey[];
  readonly askedAt: number;
}

type IsEnough = (keys: readonly ServerKey[]) => boolean;

export interface KeyRingOptions {
  readonly database: Database;
  readonly remotes: RemoteServers;
  readonly own: { readonly serverName: ServerName; readonly keys: readonly ServerKey[] };
  readonly clock: Clock;
  readonly observability: Observability;
}

/** Verify keys of other servers. One request at a time per server, whatever number of questions wait for it. */
export class FetchedKeyRing implements KeyRing {
  readonly #options: KeyRingOptions;
  readonly #known = new LRUCache<ServerName, Known>({ max: MAX_SERVERS });
  readonly #refreshedAt = new LRUCache<ServerName, number>({ max: MAX_SERVERS });
  readonly #loading = new Map<ServerName, Promise<Known>>();
  readonly #fetched;

  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#fetched = fromZero(
      counter(options.observability, federationapiMetrics.keyFetches),
      { outcome: 'ok' },
      { outcome: 'invalid' },
      { outcome: 'failed' },
    );
  }

  async requestKey(serverName: ServerName, keyId: string, now: number): Promise<ServerKey | undefined> {
    const matches = (key: ServerKey): boolean => key.keyId === keyId && signsRequestsAt(key, now);
    return (await this.#lookUp(serverName, (keys) => keys.some(matches))).find(matches);
  }

  async refreshedRequestKey({ serverName, keyId, publicKey }: ServerKey, now: number): Promise<ServerKey | undefined> {
    const keys = await this.#refresh(serverName);
    return keys.find((key) => key.keyId === keyId && signsRequestsAt(key, now) && !key.publicKey.equals(publicKey));
  }

  async eventKeys(
    serverName: ServerName,
    keyIds: readonly string[],
    validAt: number,
    refresh: boolean,
  ): Promise<readonly ServerKey[]> {
    const matches = (keyId: string) => (key: ServerKey) => key.keyId === keyId && isValidAt(key, validAt);
    const isEnough: IsEnough = (keys) =>
      keyIds.length === 0
        ? keys.some((key) => isValidAt(key, validAt))
        : keyIds.every((keyId) => keys.some(matches(keyId)));
    const keys = refresh ? await this.#refresh(serverName) : await this.#lookUp(serverName, isEnough);
    return keyIds.length === 0 ? keys : keyIds.flatMap((keyId) => keys.filter(matches(keyId)));
  }

  async #lookUp(serverName: ServerName, isEnough: IsEnough): Promise<readonly ServerKey[]> {
    const { own, clock } = this.#options;
    if (serverName === own.serverName) return own.keys;
    const cached = this.#known.get(serverName);
    if (cached !== undefined && (isEnough(cached.keys) || clock.monotonic() - cached.askedAt < RETRY_MS))
      return cached.keys;
    return this.#loadOnce(serverName, isEnough);
  }

  async #refresh(serverName: ServerName): Promise<readonly ServerKey[]> {
    const { own, clock } = this.#options;
    if (serverName === own.serverName) return own.keys;
    const last = this.#refreshedAt.get(serverName);
    if (last !== undefined && clock.monotonic() - last < REFRESH_MS) return this.#known.get(serverName)?.keys ?? [];
    this.#refreshedAt.set(serverName, clock.monotonic());
    return this.#loadOnce(serverName, () => false);
  }

  async #loadOnce(serverName: ServerName, isEnough: IsEnough): Promise<readonly ServerKey[]> {
    let pending = this.#loading.get(serverName);
    if (pending === undefined) {
      pending = this.#load(serverName, isEnough).finally(() => this.#loading.delete(serverName));
      this.#loading.set(serverName, pending);
    }
    return (await pending).keys;
  }

  async #load(serverName: ServerName, isEnough: IsEnough): Promise<Known> {
    const { database, clock } = this.#options;
    const stored = await loadServerKeys(database, [serverName]);
    const keys = isEnough(stored) ? stored : await this.#ask(serverName, stored);
    const result = { keys, askedAt: clock.monotonic() };
    this.#known.set(serverName, result);
    return result;
  }

  async #ask(serverName: ServerName, stored: readonly ServerKey[]): Promise<readonly ServerKey[]> {
    const { database, remotes, clock, observability } = this.#options;
    const now = clock.now();
    try {
      const answer = await remotes.get(serverName, '/_matrix/key/v2/server', MAX_ANSWER_BYTES);
      const keys = readServerKeys(answer, serverName, now);
      this.#fetched.inc({ outcome: keys === undefined ? 'invalid' : 'ok' });
      if (keys === undefined) return stored;
      await storeServerKeys(database, keys, now);
      return mergeKeys(stored, keys, now);
    } catch (error) {
      this.#fetched.inc({ outcome: 'failed' });
      observability.log.info({ error, server: serverName }, 'the keys of a server could not be fetched');
      return stored;
    }
  }
}

/** The public key as signatures are verified with it. */
export function publicKeyText(key: ServerKey): string {
  return encodeBase64(key.publicKey);
}
