import type { RoomStateQuery } from '@plexus/contracts/roomserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  event,
  eventOf,
  makeRoom,
  member,
  message,
  openRoomserver,
  type Replica,
  sent,
  stateQuery,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
/** Knows no state but what it reads. */
let cold: Replica;
let roomId: string;
let topics: string[];
let lastMessage: string;
beforeAll(async () => {
  roomserver = await openRoomserver();
  cold = roomserver.openReplica();
  roomId = await makeRoom(roomserver, '12');
  topics = [];
  for (let count = 0; count < 40; count++)
    topics.push(
      await sent(roomserver, event(roomId, alice, 'm.room.topic', { stateKey: '', content: { topic: `${count}` } })),
    );
  await sent(roomserver, member(roomId, bob, bob, 'join'));
  await sent(roomserver, member(roomId, carol, carol, 'join', { displayname: 'Carol' }));
  lastMessage = await sent(roomserver, message(roomId, alice, 'x'));
});
afterAll(() => roomserver.close());

async function query(rest: Partial<RoomStateQuery>, replica = cold) {
  const { rooms } = await replica.service.queryState({ queries: [{ ...stateQuery(roomId), ...rest }] });
  return rooms[0]?.events ?? [];
}

async function topicAt(at: RoomStateQuery['at']) {
  const [topic] = await query({ at, keys: [{ type: 'm.room.topic', stateKey: '' }] });
  return topic?.eventId;
}

describe('queryState', () => {
  it('gives whole rooms, single keys, types, and rooms without their members', async () => {
    const types = (events: Awaited<ReturnType<typeof query>>) => events.map(({ type }) => type).sort();
    expect(types(await query({}))).toHaveLength(8);
    expect(types(await query({ types: ['m.room.topic', 'm.room.name', 'none'] }))).toEqual([
      'm.room.name',
      'm.room.topic',
    ]);
    expect(types(await query({ types: ['m.room.member'] }))).toHaveLength(3);
    expect(types(await query({ omitMembers: true }))).not.toContain('m.room.member');
    const lazy = await query({ omitMembers: true, members: [bob, '@nobody:example.org'] });
    expect(lazy.filter(({ type }) => type === 'm.room.member').map(({ stateKey }) => stateKey)).toEqual([bob]);
    const keys = [
      { type: 'm.room.member', stateKey: carol },
      { type: 'm.room.topic', stateKey: '' },
      { type: 'm.room.topic', stateKey: 'other' },
      { type: 'a\0b', stateKey: '' },
    ];
    expect(types(await query({ keys }))).toEqual(['m.room.member', 'm.room.topic']);
  });

  it('gives the state before and after every event, and at every position', async () => {
    for (const index of [0, 1, 2, 7, 8, 15, 16, 31, 39]) {
      const eventId = topics[index] ?? '';
      const { position = 0 } = await eventOf(roomserver, eventId);
      expect(await topicAt({ $case: 'beforeEventId', value: eventId })).toBe(topics[index - 1]);
      expect(await topicAt({ $case: 'afterEventId', value: eventId })).toBe(eventId);
      expect(await topicAt({ $case: 'atPosition', value: position })).toBe(eventId);
      expect(await topicAt({ $case: 'atPosition', value: position - 1 })).toBe(topics[index - 1]);
    }
    expect(await topicAt({ $case: 'afterEventId', value: lastMessage })).toBe(topics.at(-1));
  });

  it('gives the same state at the end as it gives for now', async () => {
    const ids = (events: Awaited<ReturnType<typeof query>>) => events.map(({ eventId }) => eventId).sort();
    const now = ids(await query({}));
    const after = { $case: 'afterEventId', value: lastMessage } as const;
    expect(ids(await query({ at: after }))).toEqual(now);
    expect(ids(await query({ at: after }, roomserver))).toEqual(now);
    expect(await query({ at: after, omitMembers: true, members: [bob] })).toHaveLength(6);
    expect(await query({ at: after, types: ['m.room.member'] })).toHaveLength(3);
  });

  it('answers for every query in its place, for unknown rooms and events too', async () => {
    const { rooms } = await roomserver.service.queryState({
      queries: [
        stateQuery('!nowhere:example.org'),
        stateQuery('\0'),
        { ...stateQuery(roomId), at: { $case: 'beforeEventId', value: '$nothing' } },
        { ...stateQuery(roomId), keys: [{ type: 'm.room.name', stateKey: '' }] },
      ],
    });
    expect(rooms.map(({ exists, events }) => [exists, events.length])).toEqual([
      [false, 0],
      [false, 0],
      [true, 0],
      [true, 1],
    ]);
  });
});

describe('who is where', () => {
  it('lists the members of rooms with their profiles', async () => {
    const { rooms } = await roomserver.service.queryMembers({
      roomIds: [roomId, '!nowhere:example.org'],
      memberships: ['join'],
    });
    expect(rooms.map(({ exists }) => exists)).toEqual([true, false]);
    const names = rooms[0]?.members.map(({ userId, displayName }) => [userId, displayName]);
    expect(names?.toSorted()).toEqual([
      [alice, 'Alice'],
      [bob, undefined],
      [carol, 'Carol'],
    ]);
  });

  it('lists the rooms of users', async () => {
    await sent(roomserver, member(roomId, alice, bob, 'leave'));
    const memberships = async (request: { userIds: string[]; memberships: string[]; roomIds: string[] }) =>
      (await roomserver.service.queryMemberships(request)).memberships.map(
        ({ userId, membership }) => `${userId} ${membership}`,
      );
    const userIds = [alice, bob, '@nobody:example.org'];
    expect((await memberships({ userIds, memberships: [], roomIds: [] })).sort()).toEqual([
      `${alice} join`,
      `${bob} leave`,
    ]);
    expect(await memberships({ userIds, memberships: ['leave'], roomIds: [roomId] })).toEqual([`${bob} leave`]);
    expect(await memberships({ userIds, memberships: ['nonsense'], roomIds: [] })).toEqual([]);
    expect(await memberships({ userIds, memberships: [], roomIds: ['!nowhere:example.org'] })).toEqual([]);
  });
});
