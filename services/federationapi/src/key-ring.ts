import { encodeBase64, type ServerName } from '@plexus/matrix';
import { type Clock, counter, federationapiMetrics, fromZero, type Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { LRUCache } from 'lru-cache';
import type { RemoteServers } from './clients/remote-server.ts';
import { isValidAt, readServerKeys, type ServerKey } from './domain/server-keys.ts';
import { loadServerKeys, storeServerKeys } from './storage/server-keys.ts';

export interface KeyRing {
  /**
   * The server's key, valid at that time (milliseconds since the epoch): from memory, the table, or the server itself. Undefined when it
   * cannot be had or the server has no such key.
   */
  verifyKey(serverName: ServerName, keyId: string, validAt: number): Promise<ServerKey | undefined>;
  /** All keys known of a server, asked for anew when none is valid at that time. */
  keysOf(serverName: ServerName, validAt: number): Promise<readonly ServerKey[]>;
}

/** A server that could not be asked is not asked again for this long, whoever wants to know. */
const RETRY_MS = 60_000;
const MAX_SERVERS = 20_000;
const MAX_ANSWER_BYTES = 65_536;

interface Known {
  readonly keys: readonly ServerKey[];
  readonly askedAt: number;
}

/** Verify keys of other servers. One question at a time per server, whatever number of requests wait for it. */
export function createKeyRing(
  database: Database,
  remotes: RemoteServers,
  own: { readonly serverName: ServerName; readonly keys: () => readonly ServerKey[] },
  clock: Clock,
  observability: Observability,
): KeyRing {
  const known = new LRUCache<ServerName, Known>({ max: MAX_SERVERS });
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
      return merge(stored, keys);
    } catch (error) {
      fetched.inc({ outcome: 'failed' });
      observability.log.info({ err: error }, 'the keys of a server could not be fetched');
      return stored;
    }
  }

  async function refresh(serverName: ServerName, isEnough: (keys: readonly ServerKey[]) => boolean): Promise<Known> {
    const stored = await loadServerKeys(database, [serverName]);
    const keys = isEnough(stored) ? stored : await ask(serverName, stored);
    const result = { keys, askedAt: clock.monotonic() };
    known.set(serverName, result);
    return result;
  }

  async function lookUp(
    serverName: ServerName,
    isEnough: (keys: readonly ServerKey[]) => boolean,
  ): Promise<readonly ServerKey[]> {
    if (serverName === own.serverName) return own.keys();
    const cached = known.get(serverName);
    if (cached !== undefined && (isEnough(cached.keys) || clock.monotonic() - cached.askedAt < RETRY_MS))
      return cached.keys;
    let pending = loading.get(serverName);
    if (pending === undefined) {
      pending = refresh(serverName, isEnough).finally(() => loading.delete(serverName));
      loading.set(serverName, pending);
    }
    return (await pending).keys;
  }

  return {
    async verifyKey(serverName, keyId, validAt) {
      const matches = (key: ServerKey): boolean => key.keyId === keyId && isValidAt(key, validAt);
      return (await lookUp(serverName, (keys) => keys.some(matches))).find(matches);
    },
    keysOf: (serverName, validAt) => lookUp(serverName, (keys) => keys.some((key) => isValidAt(key, validAt))),
  };
}

/** What is known with what is new; a key id keeps the key it had. */
function merge(stored: readonly ServerKey[], fresh: readonly ServerKey[]): ServerKey[] {
  const byId = new Map(stored.map((key) => [key.keyId, key]));
  for (const key of fresh) {
    const known = byId.get(key.keyId);
    if (known === undefined || known.publicKey.equals(key.publicKey)) byId.set(key.keyId, key);
  }
  return [...byId.values()];
}

/** The public key as signatures are verified with it. */
export function publicKeyText(key: ServerKey): string {
  return encodeBase64(key.publicKey);
}
