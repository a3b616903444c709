import { type EphemeralStore, redisStore } from '@plexus/cache';
import type { TypingChanged } from '@plexus/contracts/streams/typing';
import { systemClock } from '@plexus/observability';
import { RpcError } from '@plexus/rpc';
import { subscribeBroadcast, typing } from '@plexus/streams';
import { eventually, type TestStreams, testEphemeral, testObservability, testStreams } from '@plexus/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createContext, type TypingContext } from '../../context.ts';
import { getTyping } from './get-typing.ts';
import { setTyping } from './set-typing.ts';

/** Who types asks nothing of rooms. */
const noRooms = { roomserver: { queryMemberships: async () => ({ memberships: [] }) } };

let streams: TestStreams;
let ephemeral: EphemeralStore;
let context: TypingContext;
let replica: TypingContext;
let rooms = 0;
let roomId: string;
let heard: TypingChanged[];
let stopListening: () => void;

beforeAll(async () => {
  [streams, ephemeral] = await Promise.all([testStreams(), testEphemeral()]);
});

beforeEach(async () => {
  [context, replica] = [start(), start()];
  rooms++;
  roomId = `!room${rooms}:example.org`;
  heard = [];
  stopListening = subscribeBroadcast(streams.connection, typing, (message) => {
    if (message.roomId === roomId) heard.push(message);
  });
  await streams.connection.nats?.flush();
});

afterEach(() => {
  stopListening();
  context.broadcast.stop();
  replica.broadcast.stop();
});

afterAll(async () => {
  await ephemeral.close();
  await streams.close();
});

/** One round may meet a machine that does something else. */
const ROUNDS = 5;
const medianOf = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

describe('who types', () => {
  it('is broadcast within 100 ms', async () => {
    const delays: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const start = performance.now();
      await set('@a:example.org', round % 2 === 0 ? 0 : 30_000);
      await eventually('heard', () => heard.length === round);
      delays.push(performance.now() - start);
    }
    expect(medianOf(delays)).toBeLessThan(100);
  });

  it('is broadcast as the whole set, with versions that grow', async () => {
    await set('@a:example.org', 30_000);
    await eventually('heard', () => heard.length === 1);
    await set('@b:example.org', 30_000);
    await set('@a:example.org', 0);
    await eventually('heard all', () => heard.length === 3);
    expect(heard.map(({ userIds }) => userIds)).toEqual([
      ['@a:example.org'],
      ['@a:example.org', '@b:example.org'],
      ['@b:example.org'],
    ]);
    expect(new Set(heard.map(({ version }) => version)).size).toBe(3);
    expect(heard.map(({ version }) => version)).toEqual(heard.map(({ version }) => version).toSorted((a, b) => a - b));
  });

  it('is not broadcast again when somebody goes on typing', async () => {
    for (let i = 0; i < 5; i++) await set('@a:example.org', 30_000);
    await set('@b:example.org', 30_000);
    await eventually('heard', () => heard.length >= 2);
    expect(heard).toHaveLength(2);
  });

  it('ends by itself when the time is over, without a request, within 100 ms', async () => {
    const delays: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      await set('@a:example.org', 300);
      const start = performance.now();
      await eventually('expired', () => heard.length === 2 * round);
      delays.push(performance.now() - start);
      expect(heard.at(-1)?.userIds).toEqual([]);
    }
    expect(medianOf(delays)).toBeLessThan(400);
  });

  it('does not end early when it was renewed', async () => {
    await set('@a:example.org', 200);
    await set('@a:example.org', 600);
    const start = performance.now();
    await eventually('expired', () => heard.at(-1)?.userIds.length === 0);
    expect(performance.now() - start).toBeGreaterThan(500);
  });

  it('is one truth for two replicas: the highest version says who types', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        setTyping(i % 2 === 0 ? context : replica, { roomId, userId: `@u${i}:example.org`, timeoutMs: 30_000 }),
      ),
    );
    const { rooms: read } = await getTyping(replica, { roomIds: [roomId] });
    await eventually('heard the newest', () => heard.some(({ version }) => version === read[0]?.version));
    const newest = heard.reduce((a, b) => (b.version > a.version ? b : a));
    expect(newest.userIds).toHaveLength(20);
    expect(newest.userIds).toEqual(read[0]?.userIds);
  });

  it('ends too when the replica that was told of it is gone', async () => {
    await set('@a:example.org', 1500);
    context.broadcast.stop();
    replica.broadcast.stop();
    const newcomer = start();
    await eventually('expired', () => heard.at(-1)?.userIds.length === 0, 5000);
    newcomer.broadcast.stop();
  });

  it('is told to those who missed it: all rooms in which somebody types', async () => {
    await set('@a:example.org', 30_000);
    const all = await getTyping(replica, { roomIds: [] });
    expect(all.rooms.find((room) => room.roomId === roomId)?.userIds).toEqual(['@a:example.org']);
    await set('@a:example.org', 0);
    const after = await getTyping(replica, { roomIds: [] });
    expect(after.rooms.find((room) => room.roomId === roomId)).toBeUndefined();
  });
});

describe('a room that went quiet', () => {
  it('is said to be quiet once, and then not looked at any more', async () => {
    await set('@a:example.org', 100);
    await eventually('expired', () => heard.at(-1)?.userIds.length === 0);
    await eventually('unlisted', async () => !(await ephemeral.members('typing:rooms')).members.includes(roomId));
    expect(heard.filter(({ userIds }) => userIds.length === 0)).toHaveLength(1);
  });
});

describe('bad input', () => {
  it('an endless time ends after 120 s, a negative one at once', async () => {
    await set('@a:example.org', 2 ** 31 - 1);
    expect((await ephemeral.members(`typing:room:${roomId}`)).members).toEqual(['@a:example.org']);
    await set('@a:example.org', -5);
    expect((await ephemeral.members(`typing:room:${roomId}`)).members).toEqual([]);
  });

  it.each([
    ['no room', '@a:example.org'],
    ['!r:example.org', 'nobody'],
  ])('%s, %s: refused', async (badRoom, userId) => {
    const answer = setTyping(context, { roomId: badRoom, userId, timeoutMs: 1000 });
    await expect(answer).rejects.toThrow(RpcError);
  });
});

describe('without Redis', () => {
  it('typing is forgotten without an error, and who asks is told that nobody knows', async () => {
    const away = redisStore('redis://127.0.0.1:1');
    const cutOff = createContext({
      ephemeral: away,
      streams: streams.connection,
      clock: systemClock,
      observability: testObservability(),
      clients: noRooms,
    });
    expect(await setTyping(cutOff, { roomId, userId: '@a:example.org', timeoutMs: 1000 })).toEqual({});
    await expect(getTyping(cutOff, { roomIds: [roomId] })).rejects.toThrow(RpcError);
    cutOff.broadcast.stop();
    await away.close();
  });
});

function start(): TypingContext {
  return createContext({
    ephemeral,
    streams: streams.connection,
    clock: systemClock,
    observability: testObservability('typing'),
    clients: noRooms,
  });
}

function set(userId: string, timeoutMs: number) {
  return setTyping(context, { roomId, userId, timeoutMs });
}
