import { sql } from '@plexus/postgres';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockHead } from '../storage/room-heads.ts';
import {
  alice,
  event,
  logOf,
  makeRoom,
  message,
  openRoomserver,
  send,
  sent,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

const selectWaiting = sql(
  'test_select_waiting',
  `SELECT count(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
);
const moveHead = sql(
  'test_move_head',
  `UPDATE roomserver.room_heads SET version = version + $2
   WHERE room = (SELECT room FROM roomserver.rooms WHERE room_id = $1)`,
);

/** Statements that wait for a lock. */
async function waiting(): Promise<number | undefined> {
  const [row] = await roomserver.database.query<{ waiting: number }>(selectWaiting, []);
  return row?.waiting;
}

async function timesInLog(eventId: string): Promise<number> {
  const log = await logOf(roomserver);
  return log.filter(({ kind }) => kind?.$case === 'event' && kind.value.eventId === eventId).length;
}

describe('a commit whose connection breaks', () => {
  it.each(['before', 'after'] as const)(
    'is neither lost nor done twice when it breaks %s it took effect',
    async (loss) => {
      const roomId = await makeRoom(roomserver);
      await sent(roomserver, message(roomId, alice, 'warm'));
      const before = (await logOf(roomserver)).length;
      roomserver.writeDatabase.loseNext('roomserver_commit', loss);
      const eventId = await sent(roomserver, message(roomId, alice, 'x'));
      expect(await timesInLog(eventId)).toBe(1);
      expect((await logOf(roomserver)).length).toBe(before + 1);
      await sent(roomserver, message(roomId, alice, 'y'));
    },
  );

  it.each([
    ['stays', 0],
    ['moves', 1],
  ] as const)(
    'is done once, without a transaction id, when the database goes on with it and the head %s meanwhile',
    async (_head, moves) => {
      const roomId = await makeRoom(roomserver);
      await sent(roomserver, message(roomId, alice, 'warm'));
      const before = (await logOf(roomserver)).length;
      const sending = await roomserver.database.transaction(async (transaction) => {
        await transaction.query(lockHead, [roomId]);
        roomserver.writeDatabase.loseNext('roomserver_commit', 'during');
        const eventId = sent(roomserver, message(roomId, alice, 'x'));
        // The lost statement and the second try, which has looked for the first in vain.
        await eventually('both wait for the lock', async () => (await waiting()) === 2);
        await transaction.query(moveHead, [roomId, moves]);
        return { eventId };
      });
      const eventId = await sending.eventId;
      await eventually('nothing waits any more', async () => (await waiting()) === 0);
      expect(await timesInLog(eventId)).toBe(1);
      expect((await logOf(roomserver)).length).toBe(before + 1);
    },
  );

  it('is found by a process that takes over from one that died before it could answer', async () => {
    const roomId = await makeRoom(roomserver);
    const item = message(roomId, alice, 'x', { deviceId: 'D', transactionId: 'T' });
    const dying = roomserver.openReplica();
    await sent(dying, message(roomId, alice, 'warm'));
    dying.writeDatabase.loseNext('roomserver_commit', 'during');
    dying.writeDatabase.loseAllAfter(1);
    await expect(send(dying, item)).rejects.toThrow();
    const successor = roomserver.openReplica();
    const [first, second] = [await sent(successor, item), await sent(roomserver, item)];
    expect(second).toBe(first);
    expect(await timesInLog(first)).toBe(1);
  });

  it('gives the same event for the same transaction id, asked again of another process', async () => {
    const roomId = await makeRoom(roomserver);
    const item = message(roomId, alice, 'x', { deviceId: 'D', transactionId: 'T' });
    roomserver.writeDatabase.loseNext('roomserver_commit', 'after');
    const [first, second] = await Promise.all([sent(roomserver, item), sent(roomserver.openReplica(), item)]);
    expect(second).toBe(first);
    expect(await timesInLog(first)).toBe(1);
  });

  it('takes what was built on it along, and all is built again in its order', async () => {
    const roomId = await makeRoom(roomserver);
    await sent(roomserver, message(roomId, alice, 'warm'));
    roomserver.writeDatabase.loseNext('roomserver_commit', 'before');
    const ids = await Promise.all(['a', 'b', 'c', 'd'].map((body) => sent(roomserver, message(roomId, alice, body))));
    const line = (await logOf(roomserver)).flatMap(({ kind }) => (kind?.$case === 'event' ? [kind.value.eventId] : []));
    expect(line.slice(-4)).toEqual(ids);
  });
});

describe('a head that another process has moved', () => {
  it('fails its own room alone', async () => {
    const [moved, still] = [await makeRoom(roomserver), await makeRoom(roomserver)];
    await sent(roomserver, message(moved, alice, 'warm'));
    await sent(roomserver, message(still, alice, 'warm'));
    await sent(roomserver.openReplica(), message(moved, alice, 'elsewhere'));
    const log = await logOf(roomserver);
    const [first, second] = await Promise.all([
      sent(roomserver, message(moved, alice, 'a')),
      sent(roomserver, message(still, alice, 'b')),
    ]);
    const after = (await logOf(roomserver)).slice(log.length);
    const ids = after.flatMap(({ kind }) => (kind?.$case === 'event' ? [kind.value.eventId] : []));
    // The room in the way is built anew while the other is committed.
    expect(ids).toEqual([second, first]);
  });
});

describe('a room that is not in memory', () => {
  it('is sent to without reading its members', async () => {
    const roomId = await makeRoom(roomserver);
    const members = Array.from({ length: 300 }, (_, index) => `@member${index}:example.org`);
    await roomserver.service.sendEvents({
      events: members.map((user) =>
        event(roomId, user, 'm.room.member', { stateKey: user, content: { membership: 'join' } }),
      ),
    });
    const cold = roomserver.openReplica();
    await sent(cold, message(roomId, members[7] ?? '', 'hello'));
    expect(cold.writeDatabase.rows).toBeLessThan(12);
    await sent(cold, event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: 'x' } }));
    expect(cold.writeDatabase.rows).toBeLessThan(40);
  });
});
