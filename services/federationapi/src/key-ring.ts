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

/** Verify keys of other servers. One request at a time per server, whatever number of questions wait for it. */
export function createKeyRing(
  database: Database,
  remotes: RemoteServers,
  own: { readonly serverName: ServerName; readonly keys: readonly ServerKey[] },
  clock: Clock,
  observability: Observability,
): KeyRing {
  const known = new LRUCache<ServerName, Known>({ max: MAX_SERVERS });
  const refreshedAt = new LRUCache<ServerName, number>({ max: MAX_SERVERS });
  const loading = new Map<ServerName, Promise<Known>>();
  const fetched = fromZero(
    counter(observability, federationapiMetrics.keyFetches),
    { outcome: 'ok' },
    { outcome: 'invalid' },
    { outcome: 'failed' },
  );

  async function ask(serverName: ServerName, stored: readonly ServerKey[]): Promise<readonly ServerKey[]> {
    const now = clock.now();
    try {
      const answer = await remotes.get(serverName, '/_matrix/key/v2/server', MAX_ANSWER_BYTES);
      const keys = readServerKeys(answer, serverName, now);
      fetched.inc({ outcome: keys === undefined ? 'invalid' : 'ok' });
      if (keys === undefined) return stored;
      await storeServerKeys(database, keys, now);
      return mergeKeys(stored, keys, now);
    } catch (error) {
      fetched.inc({ outcome: 'failed' });
      observability.log.info({ err: error, server: serverName }, 'the keys of a server could not be fetched');
      return stored;
    }
  }

  async function load(serverName: ServerName, isEnough: (keys: readonly ServerKey[]) => boolean): Promise<Known> {
    const stored = await loadServerKeys(database, [serverName]);
    const keys = isEnough(stored) ? stored : await ask(serverName, stored);
    const result = { keys, askedAt: clock.monotonic() };
    known.set(serverName, result);
    return result;
  }

  async function loadOnce(
    serverName: ServerName,
    isEnough: (keys: readonly ServerKey[]) => boolean,
  ): Promise<readonly ServerKey[]> {
    let pending = loading.get(serverName);
    if (pending === undefined) {
      pending = load(serverName, isEnough).finally(() => loading.delete(serverName));
      loading.set(serverName, pending);
    }
    return (await pending).keys;
  }

  async function lookUp(
    serverName: ServerName,
    isEnough: (keys: readonly ServerKey[]) => boolean,
  ): Promise<readonly ServerKey[]> {
    if (serverName === own.serverName) return own.keys;
    const cached = known.get(serverName);
    if (cached !== undefined && (isEnough(cached.keys) || clock.monotonic() - cached.askedAt < RETRY_MS))
      return cached.keys;
    return loadOnce(serverName, isEnough);
  }

  async function refresh(serverName: ServerName): Promise<readonly ServerKey[]> {
    if (serverName === own.serverName) return own.keys;
    const last = refreshedAt.get(serverName);
    if (last !== undefined && clock.monotonic() - last < REFRESH_MS) return known.get(serverName)?.keys ?? [];
    refreshedAt.set(serverName, clock.monotonic());
    return loadOnce(serverName, () => false);
  }

  return {
    async requestKey(serverName, keyId, now) {
      const matches = (key: ServerKey): boolean => key.keyId === keyId && signsRequestsAt(key, now);
      return (await lookUp(serverName, (keys) => keys.some(matches))).find(matches);
    },
    async refreshedRequestKey({ serverName, keyId, publicKey }, now) {
      const keys = await refresh(serverName);
      return keys.find((key) => key.keyId === keyId && signsRequestsAt(key, now) && !key.publicKey.equals(publicKey));
    },
    async eventKeys(serverName, keyIds, validAt, isRefresh) {
      const matches = (keyId: string) => (key: ServerKey) => key.keyId === keyId && isValidAt(key, validAt);
      const isEnough = (keys: readonly ServerKey[]) =>
        keyIds.length === 0
          ? keys.some((key) => isValidAt(key, validAt))
          : keyIds.every((keyId) => keys.some(matches(keyId)));
      const keys = isRefresh ? await refresh(serverName) : await lookUp(serverName, isEnough);
      return keyIds.length === 0 ? keys : keyIds.flatMap((keyId) => keys.filter(matches(keyId)));
    },
  };
}

/** The public key as signatures are verified with it. */
export function publicKeyText(key: ServerKey): string {
  return encodeBase64(key.publicKey);
}
