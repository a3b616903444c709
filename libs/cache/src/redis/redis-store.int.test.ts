import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';
import { createObservability } from '@plexus/observability';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { OwnRedis } from '../../test/own-redis.ts';
import { storeContract } from '../../test/store-contract.ts';
import { EphemeralStoreError } from '../ephemeral-store.ts';
import { redisStore } from './redis-store.ts';

describe('the ephemeral store in Redis', () => {
  storeContract(async () => {
    const redis = await OwnRedis.start();
    const store = redisStore(redis.url);
    const admin = new Redis(redis.url);
    return {
      store,
      pass: (milliseconds) => pass(milliseconds),
      empty: async () => void (await admin.flushall()),
      end: async () => {
        admin.disconnect();
        await store.close();
        await redis.stop();
      },
    };
  });
});

describe('when Redis is away', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await OwnRedis.start();
  });
  afterAll(() => redis.stop());

  test('calls fail at once, nothing of the key in the error, and work again when it is back', async () => {
    const lines: string[] = [];
    const { log } = createObservability({
      service: 'test',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    });
    const store = redisStore(redis.url, { log });
    await store.set('a', '1', 60_000);
    await redis.stop();
    await vi.waitFor(async () => expect(await store.problem()).toBe('Redis does not answer'), { timeout: 10_000 });
    const times: number[] = [];
    let failure: unknown;
    for (let call = 0; call < 5; call++) {
      const startedAt = performance.now();
      failure = await store.get('key-of-a-session').catch((error: unknown) => error);
      times.push(performance.now() - startedAt);
    }
    // The fastest: beside one another call the machine may have done something else.
    expect(Math.min(...times)).toBeLessThan(50);
    expect(failure).toBeInstanceOf(EphemeralStoreError);
    expect(JSON.stringify([failure, String(failure)])).not.toContain('key-of-a-session');
    await redis.start();
    await vi.waitFor(async () => expect(await store.problem()).toBeUndefined(), { timeout: 5_000 });
    expect(await store.get('a')).toBeUndefined();
    await store.close();
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['redis is away, going on without', 'redis is back']);
  });

  test('a Redis that stands still makes calls fail within a second, not hang', async () => {
    const store = redisStore(redis.url);
    await store.set('a', '1', 60_000);
    redis.pause();
    const startedAt = performance.now();
    await expect(store.get('a')).rejects.toBeInstanceOf(EphemeralStoreError);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    redis.resume();
    await vi.waitFor(async () => expect(await store.get('a')).toBe('1'), { timeout: 5_000 });
    await store.close();
  });

  test('the first calls wait for the first connection', async () => {
    const store = redisStore(redis.url);
    expect(await store.setIfAbsent('first', '1', 60_000)).toBe(true);
    await store.close();
  });

  test('a Redis that accepts and says nothing makes even the first calls fail within a second', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const store = redisStore(`redis://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
    const startedAt = performance.now();
    await expect(store.get('a')).rejects.toBeInstanceOf(EphemeralStoreError);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await store.close();
    silent.close();
  });

  test('a store that was never there fails, and closes', async () => {
    const store = redisStore('redis://127.0.0.1:1');
    await expect(store.get('a')).rejects.toBeInstanceOf(EphemeralStoreError);
    expect(await store.problem()).toBe('Redis does not answer');
    await store.close();
    await expect(store.get('a')).rejects.toBeInstanceOf(EphemeralStoreError);
  });
});
