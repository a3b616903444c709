import { jetstreamManager } from '@nats-io/jetstream';
import { connected, eventually, type TestNats, testNats, testObservability } from '@plexus/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryLog, MemoryStore, type TestEntry, testLog, upTo } from '../test/memory-log.ts';
import { publishBroadcast, subscribeBroadcast } from './broadcast.ts';
import { connectStreams } from './connect-streams.ts';
import { JetStreamLog } from './jetstream-log.ts';
import { startLogConsumer } from './log-consumer.ts';
import { startLogPublisher } from './log-publisher.ts';
import type { BroadcastStream, LogConsumer, LogPublisher, StreamConnection } from './types.ts';

let nats: TestNats;
let connection: StreamConnection;
let log: MemoryLog;
let store: MemoryStore;
let publishing: LogPublisher<TestEntry>;
let consuming: LogConsumer;

beforeEach(async () => {
  nats = await testNats();
  connection = connectStreams({ servers: [nats.url], observability: testObservability() });
  log = new MemoryLog();
  store = new MemoryStore();
});

afterEach(async () => {
  await publishing.stop(1_000);
  await consuming.stop();
  await connection.close();
  await nats.stop();
});

async function start(): Promise<void> {
  publishing = startLogPublisher(connection, { stream: testLog, readLog: log.read }, testObservability());
  consuming = await startLogConsumer(connection, store.options(log), testObservability());
}

async function startAndSend(): Promise<void> {
  await connected(connection);
  await start();
  publishing.publish(log.append(10));
  expect(await consuming.waitFor(10, 5_000)).toBe(true);
}

/** True when entries come through the stream: quicker than the owner is asked while connected. */
async function comesThroughTheStream(): Promise<boolean> {
  const reads = log.reads;
  publishing.publish(log.append(1));
  const arrived = await consuming.waitFor(log.entries.length, 500);
  return arrived && log.reads === reads;
}

/** Undefined while there is no stream. */
async function lastInStream(): Promise<number | undefined> {
  connection.forgetStream(testLog);
  return new JetStreamLog(connection, testLog).lastPosition().catch(() => undefined);
}

describe('without NATS', () => {
  test('everything starts, and delivery goes on from the log', async () => {
    await nats.kill();
    await start();
    publishing.publish(log.append(5));
    expect(await consuming.waitFor(5, 2_000)).toBe(true);
    await nats.start();
    await connected(connection);
    await eventually('entries come through the stream', comesThroughTheStream);
    expect(store.applied).toEqual(upTo(log.entries.length));
  });

  test('killed while entries flow, nothing is lost or done twice, and the stream has it all afterwards', async () => {
    await startAndSend();
    for (let round = 0; round < 40; round += 1) {
      if (round === 10) await nats.kill();
      if (round === 30) await nats.start();
      publishing.publish(log.append(5));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(await consuming.waitFor(210, 5_000)).toBe(true);
    await eventually('entries come through the stream', comesThroughTheStream);
    await eventually('nothing waits', () => publishing.outboxAgeMs() === 0);
    expect(store.applied).toEqual(upTo(log.entries.length));
  });

  test('an entry is delivered within half a second', async () => {
    await startAndSend();
    await nats.kill();
    await eventually('the loss is noticed', () => !connection.isConnected());
    for (let round = 0; round < 5; round += 1) {
      publishing.publish(log.append(1));
      expect(await consuming.waitFor(log.entries.length, 500)).toBe(true);
    }
    expect(publishing.outboxAgeMs()).toBeGreaterThan(0);
  });
});

describe('JetStream wiped', () => {
  test('with its restart: the stream is made again, with the newest part of the log', async () => {
    await startAndSend();
    await nats.kill();
    publishing.publish(log.append(10));
    await nats.start({ wiped: true });
    expect(await consuming.waitFor(20, 5_000)).toBe(true);
    await eventually('entries come through the stream', comesThroughTheStream);
    await eventually('the stream carries the head', async () => (await lastInStream()) === log.entries.length);
    expect(store.applied).toEqual(upTo(log.entries.length));
  });

  test('while it runs: a publish that finds no stream makes it again, and subscriptions come back', async () => {
    await startAndSend();
    if (connection.nats === undefined) throw new Error('not connected');
    const manager = await jetstreamManager(connection.nats);
    await manager.streams.delete(testLog.name);
    publishing.publish(log.append(10));
    expect(await consuming.waitFor(20, 3_000)).toBe(true);
    await eventually('entries come through the stream', comesThroughTheStream);
    expect(store.applied).toEqual(upTo(log.entries.length));
    expect((await manager.streams.info(testLog.name)).config.max_bytes).toBe(testLog.maxBytes);
  });

  test('purged: the stream carries the head again', async () => {
    await startAndSend();
    if (connection.nats === undefined) throw new Error('not connected');
    await (await jetstreamManager(connection.nats)).streams.purge(testLog.name);
    await eventually('the stream carries the head', async () => (await lastInStream()) === 10);
    expect(await comesThroughTheStream()).toBe(true);
  });
});

test('a log restored to an earlier point gets a new stream, and its new entries are delivered', async () => {
  await startAndSend();
  await consuming.stop();
  log.truncate(6);
  store.position = 6;
  store.applied.length = 6;
  consuming = await startLogConsumer(connection, store.options(log), testObservability());
  await eventually('the stream is that of the restored log', async () => (await lastInStream()) === 6);
  publishing.publish(log.append(4));
  expect(await consuming.waitFor(10, 5_000)).toBe(true);
  expect(store.applied).toEqual(upTo(10));
});

test('a broadcast is heard by all who listen, also after NATS was away, and forgotten meanwhile', async () => {
  const stream: BroadcastStream<string> = {
    kind: 'broadcast',
    name: 'TEST',
    subject: 'plexus.broadcast.test',
    maxAgeMs: 0,
    maxBytes: 0,
    producer: 'test',
    consumers: ['test'],
    encode: (message) => Buffer.from(message),
    decode: (payload) => Buffer.from(payload).toString(),
  };
  await start();
  const heard: string[] = [];
  const stop = subscribeBroadcast(connection, stream, (message) => heard.push(message));
  const alsoStop = subscribeBroadcast(connection, stream, (message) => heard.push(`also ${message}`));
  await connected(connection);
  await connection.nats?.flush();
  expect(publishBroadcast(connection, stream, 'one')).toBe(true);
  await eventually('both hear it', () => heard.length === 2);
  await nats.kill();
  await eventually('the loss is noticed', () => !connection.isConnected());
  expect(publishBroadcast(connection, stream, 'lost')).toBe(false);
  await nats.start();
  await connected(connection);
  publishBroadcast(connection, stream, 'two');
  await eventually('both hear it again', () => heard.length === 4);
  expect(heard.toSorted()).toEqual(['also one', 'also two', 'one', 'two']);
  stop();
  alsoStop();
});
