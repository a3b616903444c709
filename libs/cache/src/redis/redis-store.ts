import type { Logger } from '@plexus/observability';
import { Redis, type Result } from 'ioredis';
import { type EphemeralStore, EphemeralStoreError } from '../ephemeral-store.ts';
import { versionProblem } from './redis-version.ts';
import * as scripts from './scripts.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    plexusAddMember(set: string, version: string, member: string, ttlMs: number): Result<number, Context>;
    plexusRemoveMember(set: string, version: string, member: string): Result<number, Context>;
    plexusMembers(set: string, version: string): Result<[number, ...string[]], Context>;
    plexusTakeTokens(bucket: string, perSecond: number, burst: number, count: number): Result<number, Context>;
    plexusReturnTokens(bucket: string, perSecond: number, burst: number, count: number): Result<number, Context>;
  }
}

export interface RedisStoreOptions {
  /** Begins every key. Lets tests share a Redis. */
  readonly prefix?: string;
  /** Told when the connection is lost and when it is back. */
  readonly log?: Logger;
}

/** A Redis that has not answered by then is as good as none: callers go on without. */
const COMMAND_TIMEOUT_MS = 500;
/** Commands unanswered for so long: the connection is dead though nobody said so, and is made anew. */
const SOCKET_TIMEOUT_MS = 2_000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 2_000;

/** The ephemeral store in Redis (from 6.2). Connects at once, reconnects for ever; without a connection calls throw at once. */
export function redisStore(url: string, options: RedisStoreOptions = {}): EphemeralStore {
  const redis = connect(url);
  const firstAttempt = watchConnection(redis, options.log);
  const prefix = options.prefix ?? 'plexus:';

  const run = async <T>(command: () => Promise<T>): Promise<T> => {
    if (redis.status === 'connecting' || redis.status === 'connect') await firstAttempt;
    try {
      return await command();
    } catch (error) {
      // The client's own error shows the command with its keys and values.
      throw new EphemeralStoreError(error instanceof Error ? `redis: ${error.message}` : 'redis failed');
    }
  };
  const valueKey = (key: string) => `${prefix}value:${key}`;
  // The braces keep both keys of a set on one node of a cluster.
  const setKeys = (key: string): [string, string] => [`${prefix}{set:${key}}`, `${prefix}{set:${key}}:version`];

  return {
    get: (key) => run(async () => (await redis.get(valueKey(key))) ?? undefined),
    set: (key, value, ttlMs) => run(async () => void (await redis.set(valueKey(key), value, 'PX', ttlMs))),
    setIfAbsent: (key, value, ttlMs) =>
      run(async () => (await redis.set(valueKey(key), value, 'PX', ttlMs, 'NX')) === 'OK'),
    take: (key) => run(async () => (await redis.getdel(valueKey(key))) ?? undefined),
    delete: (key) => run(async () => void (await redis.del(valueKey(key)))),
    addMember: (key, member, ttlMs) => run(() => redis.plexusAddMember(...setKeys(key), member, ttlMs)),
    removeMember: (key, member) => run(() => redis.plexusRemoveMember(...setKeys(key), member)),
    members: (key) =>
      run(async () => {
        const [version, ...members] = await redis.plexusMembers(...setKeys(key));
        return { members: members.sort(), version };
      }),
    takeTokens: (key, { perSecond, burst }, count) =>
      run(() => redis.plexusTakeTokens(`${prefix}bucket:${key}`, perSecond, burst, count)),
    returnTokens: (key, { perSecond, burst }, count) =>
      run(async () => void (await redis.plexusReturnTokens(`${prefix}bucket:${key}`, perSecond, burst, count))),
    problem: () =>
      run(() => redis.info('server')).then(
        (server) => versionProblem(server),
        () => 'Redis does not answer',
      ),
    close: async () => {
      redis.removeAllListeners('close');
      redis.disconnect();
    },
  };
}

function connect(url: string): Redis {
  return new Redis(url, {
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectTimeout: 5_000,
    enableOfflineQueue: false,
    // An answer that was lost is reported; the caller alone knows whether it may ask again.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) =>
      Math.min(RECONNECT_MAX_MS, RECONNECT_MIN_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2),
    scripts: {
      plexusAddMember: { lua: scripts.addMember, numberOfKeys: 2 },
      plexusRemoveMember: { lua: scripts.removeMember, numberOfKeys: 2 },
      plexusMembers: { lua: scripts.members, numberOfKeys: 2 },
      plexusTakeTokens: { lua: scripts.takeTokens, numberOfKeys: 1 },
      plexusReturnTokens: { lua: scripts.returnTokens, numberOfKeys: 1 },
    },
  });
}

/** Logs what becomes of the connection, each change once. Resolves when the first attempt has succeeded, failed or taken too long. */
function watchConnection(redis: Redis, log: Logger | undefined): Promise<void> {
  let isAway = false;
  return new Promise((resolve) => {
    setTimeout(resolve, COMMAND_TIMEOUT_MS).unref();
    redis.on('ready', () => {
      if (isAway) log?.info({}, 'redis is back');
      isAway = false;
      resolve();
    });
    redis.on('error', (error: Error) => {
      if (!isAway) log?.warn({ reason: error.message }, 'redis is away, going on without');
      isAway = true;
      resolve();
    });
    redis.on('close', () => {
      if (!isAway) log?.warn({ reason: 'connection closed' }, 'redis is away, going on without');
      isAway = true;
      resolve();
    });
  });
}
