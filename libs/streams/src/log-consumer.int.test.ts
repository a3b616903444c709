import { streamMetrics } from '@plexus/observability';
import { eventually, type TestStreams, testObservability, testStreams } from '@plexus/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryLog, MemoryStore, type TestEntry, testLog, upTo } from '../test/memory-log.ts';
import { JetStreamLog } from './jetstream-log.ts';
import { startLogConsumer } from './log-consumer.ts';
import { startLogPublisher } from './log-publisher.ts';
import { toMessages } from './message.ts';
import type { LogConsumer, LogPublisher } from './types.ts';

let streams: TestStreams;
let log: MemoryLog;
let observability: ReturnType<typeof testObservability>;
const running: { stop(timeoutMs: number): Promise<void> }[] = [];

beforeEach(async () => {
  streams = await testStreams();
  log = new MemoryLog();
  observability = testObservability();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop(1_000)));
  await streams.close();
});

function publisher(): LogPublisher<TestEntry> {
  const started = startLogPublisher(streams.connection, { stream: testLog, readLog: log.read }, observability);
  running.push(started);
  return started;
}

async function consumer(store: MemoryStore): Promise<LogConsumer> {
  const started = await startLogConsumer(streams.connection, store.options(log), observability);
  running.push(started);
  return started;
}

/** Sends without a publisher, which would mend what the test breaks. */
async function sendRaw(entries: readonly TestEntry[], deduplicate = false): Promise<void> {
  const raw = new JetStreamLog(streams.connection, testLog);
  await streams.connection.ensureStream(testLog);
  for (const message of toMessages(testLog, entries, raw.maxPayload)) await raw.publish(message, deduplicate);
}

async function metric(name: string): Promise<number> {
  const values = await observability.metrics.getSingleMetric(name)?.get();
  return values?.values[0]?.value ?? Number.NaN;
}

describe('entries that are published', () => {
  test('arrive once and in order', async () => {
    const store = new MemoryStore();
    const publishing = publisher();
    const consuming = await consumer(store);
    for (let batch = 0; batch < 200; batch += 1) publishing.publish(log.append(5));
    expect(await consuming.waitFor(1_000, 5_000)).toBe(true);
    expect(store.applied).toEqual(upTo(1_000));
    expect(consuming.lag()).toBe(0);
    await eventually('all are acked', () => publishing.outboxAgeMs() === 0);
  });

  test('arrive in a few milliseconds through the stream, not by asking the owner', async () => {
    const store = new MemoryStore();
    const publishing = publisher();
    const consuming = await consumer(store);
    publishing.publish(log.append(1));
    await consuming.waitFor(1, 5_000);
    const times: number[] = [];
    for (let round = 0; round < 50; round += 1) {
      const start = performance.now();
      publishing.publish(log.append(1));
      await consuming.waitFor(log.entries.length, 5_000);
      times.push(performance.now() - start);
    }
    const median = times.toSorted((a, b) => a - b)[25] ?? Number.NaN;
    console.log(`publish to applied, p50: ${median.toFixed(2)} ms`);
    expect(median).toBeLessThan(20);
    expect(await metric(streamMetrics.gaps.name)).toBe(0);
  });

  test('while an apply runs are applied together after it', async () => {
    const store = new MemoryStore();
    const publishing = publisher();
    const options = store.options(log);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const consuming = await startLogConsumer(
      streams.connection,
      {
        ...options,
        apply: async (entries) => {
          await gate;
          await options.apply(entries);
        },
      },
      observability,
    );
    running.push(consuming);
    publishing.publish(log.append(1));
    await eventually('the first is in hand', () => consuming.lag() === 1);
    for (let batch = 0; batch < 50; batch += 1) publishing.publish(log.append(1));
    await eventually('all have arrived', () => consuming.lag() === 51);
    open();
    expect(await consuming.waitFor(51, 5_000)).toBe(true);
    expect(store.batches.length).toBeLessThan(10);
  });

  test('that are too big for a message are read from the owner', async () => {
    const store = new MemoryStore();
    const publishing = publisher();
    const consuming = await consumer(store);
    publishing.publish(log.append(1));
    publishing.publish(log.append(1, 'x'.repeat(2_000_000)));
    publishing.publish(log.append(1));
    expect(await consuming.waitFor(3, 5_000)).toBe(true);
    expect(store.applied).toEqual([1, 2, 3]);
  });
});

describe('what goes wrong on the way', () => {
  test('a message that is missing is read from the owner', async () => {
    const store = new MemoryStore();
    const consuming = await consumer(store);
    await sendRaw(log.append(3));
    await consuming.waitFor(3, 5_000);
    log.append(4);
    await sendRaw(log.append(3));
    expect(await consuming.waitFor(10, 900)).toBe(true);
    expect(store.applied).toEqual(upTo(10));
    expect(await metric(streamMetrics.gaps.name)).toBe(1);
  });

  test('messages that come twice, or overlap, are applied once', async () => {
    const store = new MemoryStore();
    const consuming = await consumer(store);
    const entries = log.append(10);
    await sendRaw(entries.slice(0, 6));
    await sendRaw(entries.slice(0, 6));
    await sendRaw(entries.slice(3, 8));
    await sendRaw(entries.slice(7, 10));
    expect(await consuming.waitFor(10, 900)).toBe(true);
    expect(store.applied).toEqual(upTo(10));
  });

  test('messages out of order are put in order', async () => {
    const store = new MemoryStore();
    const consuming = await consumer(store);
    const entries = log.append(9);
    await sendRaw(entries.slice(3, 6));
    await sendRaw(entries.slice(0, 3));
    await sendRaw(entries.slice(6, 9));
    expect(await consuming.waitFor(9, 900)).toBe(true);
    expect(store.applied).toEqual(upTo(9));
  });

  test('a message that cannot be read is not missed', async () => {
    const store = new MemoryStore();
    const consuming = await consumer(store);
    await sendRaw(log.append(1));
    await consuming.waitFor(1, 5_000);
    streams.connection.nats?.publish(`${streams.prefix}${testLog.subject}.0`, 'no JSON');
    await sendRaw(log.append(1));
    expect(await consuming.waitFor(2, 5_000)).toBe(true);
  });

  test('two publishers of one log do not disturb each other', async () => {
    const store = new MemoryStore();
    const publishers = [publisher(), publisher()];
    const consuming = await consumer(store);
    for (let round = 0; round < 300; round += 1) publishers[round % 2]?.publish(log.append(1 + (round % 3)));
    expect(await consuming.waitFor(log.entries.length, 900)).toBe(true);
    expect(store.applied).toEqual(upTo(log.entries.length));
  });

  test('what a publisher never sent another finds within seconds', async () => {
    const store = new MemoryStore();
    publisher();
    const consuming = await consumer(store);
    log.append(7);
    expect(await consuming.waitFor(7, 5_000)).toBe(true);
    const raw = new JetStreamLog(streams.connection, testLog);
    await eventually('the stream carries it', async () => (await raw.lastPosition()) === 7);
  });

  test('an owner that is away for a while costs nothing', async () => {
    const store = new MemoryStore();
    log.append(100);
    log.failing = true;
    const consuming = await consumer(store);
    await eventually('it was asked', () => log.reads > 1);
    log.failing = false;
    expect(await consuming.waitFor(100, 5_000)).toBe(true);
    expect(store.applied).toEqual(upTo(100));
  });
});

describe('poison', () => {
  test('is parked, and the rest goes on in order', async () => {
    const store = new MemoryStore();
    store.poison = (entry) => entry.position === 7 || entry.position === 8;
    const publishing = publisher();
    const consuming = await consumer(store);
    publishing.publish(log.append(20));
    expect(await consuming.waitFor(20, 15_000)).toBe(true);
    expect(store.parked).toEqual([7, 8]);
    expect(store.applied).toEqual(upTo(20).filter((position) => position !== 7 && position !== 8));
    expect(await metric(streamMetrics.deadLetters.name)).toBe(2);
  });
});

describe('a consumer that was away', () => {
  test('longer than the stream keeps reads from the owner what is gone', async () => {
    const store = new MemoryStore(10);
    log.append(5_000);
    await sendRaw(log.entries.slice(-3));
    const consuming = await consumer(store);
    expect(await consuming.waitFor(5_000, 5_000)).toBe(true);
    expect(store.applied).toEqual(upTo(5_000).slice(10));
  });

  test('goes on from its stored position while new entries come in', async () => {
    const store = new MemoryStore();
    const publishing = publisher();
    log.append(3_000);
    const consuming = await consumer(store);
    for (let round = 0; round < 100; round += 1) publishing.publish(log.append(3));
    expect(await consuming.waitFor(3_300, 5_000)).toBe(true);
    expect(store.applied).toEqual(upTo(3_300));
  });
});

test('a consumer that was stopped leaves nothing behind and has finished its batch', async () => {
  const store = new MemoryStore();
  const publishing = publisher();
  const consuming = await consumer(store);
  publishing.publish(log.append(500));
  await consuming.waitFor(1, 5_000);
  await consuming.stop();
  expect(consuming.position()).toBe(store.position);
  expect(await consuming.waitFor(10_000, 10)).toBe(false);
});
