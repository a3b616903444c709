import { Redis } from 'ioredis';
import { versionProblem } from './redis-version.ts';

/** What a Redis is, as this product needs to know it. */
export interface RedisExamination {
  readonly version: string;
  /** Why it cannot be used. */
  readonly problem: string | undefined;
  /** Bytes; 0: no limit. */
  readonly maxMemory: number;
  /** For example noeviction. */
  readonly policy: string;
  /** Milliseconds since the epoch by its clock, and by ours then. */
  readonly clock: { readonly server: number; readonly ours: number };
}

/** Connects once, looks, and leaves again. @throws Error of the client when it does not answer within two seconds, or refuses us */
export async function examineRedis(url: string, now: () => number): Promise<RedisExamination> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: 2_000,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // The failure of the connection is thrown by connect().
  redis.on('error', () => {});
  try {
    await redis.connect();
    const asked = now();
    const [seconds, microseconds] = await redis.time();
    const ours = (asked + now()) / 2;
    const about = `${await redis.info('server')}\n${await redis.info('memory')}`;
    return {
      version: field(about, 'redis_version'),
      problem: versionProblem(about),
      maxMemory: Number(field(about, 'maxmemory')),
      policy: field(about, 'maxmemory_policy'),
      clock: { server: Number(seconds) * 1_000 + Number(microseconds) / 1_000, ours },
    };
  } finally {
    redis.disconnect();
  }
}

function field(text: string, name: string): string {
  const line = text.split(/\r?\n/).find((candidate) => candidate.startsWith(`${name}:`));
  return line?.slice(name.length + 1) ?? '';
}
