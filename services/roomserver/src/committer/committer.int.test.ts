import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  event,
  logOf,
  makeRoom,
  message,
  openRoomserver,
  sent,
  type TestRoomserver,
} from '../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

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
