import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  event,
  logOf,
  makeRoom,
  message,
  openRoomserver,
  type Replica,
  sent,
  stateOf,
  type TestRoomserver,
} from './testing/open-roomserver.ts';

let roomserver: TestRoomserver;
let replicas: Replica[];
beforeAll(async () => {
  roomserver = await openRoomserver();
  replicas = [roomserver, roomserver.openReplica(), roomserver.openReplica()];
});
afterAll(() => roomserver.close());

/** Chooses without chance, so that a failure comes again. */
function replicaOf(index: number): Replica {
  const replica = replicas[(index * 7919 + (index >> 3)) % replicas.length];
  if (replica === undefined) throw new Error('no replica');
  return replica;
}

describe('several processes on one database', () => {
  it('make one unbroken line of events of a room, whichever is asked', { timeout: 120_000 }, async () => {
    const rooms = await Promise.all(['10', '11', '12'].map((version) => makeRoom(roomserver, version)));
    const callers = Array.from({ length: 24 }, async (_, caller) => {
      const ids: string[] = [];
      for (let count = 0; count < 25; count++) {
        const index = caller * 25 + count;
        const roomId = rooms[index % rooms.length] ?? '';
        const item =
          count % 6 === 5
            ? event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: `${index}` } })
            : message(roomId, alice, `${index}`, { deviceId: 'D', transactionId: `${index}` });
        const first = replicaOf(index);
        const [id, again] = await Promise.all([
          sent(first, item),
          item.transactionId === undefined ? undefined : sent(replicaOf(index + 1), item),
        ]);
        if (again !== undefined) expect(again).toBe(id);
        ids.push(id);
      }
      return ids;
    });
    const acknowledged = (await Promise.all(callers)).flat();
    expect(new Set(acknowledged).size).toBe(600);

    const log = await logOf(roomserver);
    expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 1));
    const events = log.flatMap(({ kind }) => (kind?.$case === 'event' ? [kind.value] : []));
    const ids = events.map(({ eventId }) => eventId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    for (const roomId of rooms) {
      const line = events.filter((each) => each.roomId === roomId);
      const prev = line.map(({ json }) => JSON.parse(json).prev_events);
      expect(prev).toEqual(line.map((_, index) => (index === 0 ? [] : [line[index - 1]?.eventId])));
      const depths = line.map(({ json }) => JSON.parse(json).depth);
      expect(depths).toEqual(line.map((_, index) => index + 1));
    }
  });

  it('agree on the state that the last of them has set', async () => {
    const roomId = await makeRoom(roomserver);
    for (let count = 0; count < 9; count++)
      await sent(
        replicaOf(count),
        event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: `${count}` } }),
      );
    for (const replica of replicas) {
      const [topic] = (await stateOf(replica, roomId)).filter(({ type }) => type === 'm.room.topic');
      expect(JSON.parse(topic?.json ?? '').content.topic).toBe('8');
    }
  });

  it('refuse nobody because of a state that another process has changed', async () => {
    const roomId = await makeRoom(roomserver);
    const bob = '@bob:example.org';
    const [one, two] = [replicaOf(0), replicaOf(1)];
    // The second process has the room in memory, without Bob in it.
    await sent(two, message(roomId, alice, 'x'));
    const join = event(roomId, bob, 'm.room.member', { stateKey: bob, content: { membership: 'join' } });
    await sent(two, { ...join, content: '{"membership":"join","a":1}' });
    await sent(two, { ...join, content: '{"membership":"leave"}' });
    await sent(one, join);
    await sent(two, message(roomId, bob, 'hello'));
  });

  it('hand every entry to the publisher exactly once between them, as the log has it', async () => {
    const published = replicas.flatMap((replica) => replica.published).sort((a, b) => a.position - b.position);
    expect(published).toEqual(await logOf(roomserver));
  });
});
