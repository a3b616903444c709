import type { EventId } from '@plexus/matrix';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRemote, push } from '../../testing/input-events.ts';
import {
  alice,
  bob,
  event,
  makeRoom,
  message,
  openRoomserver,
  sent,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';
import { RemoteRoom } from '../../testing/remote-room.ts';
import { RemoteServers } from '../../testing/remote-servers.ts';

const carl = '@carl:one.example';
const dora = '@dora:two.example';
const unknownId = `$${'a'.repeat(43)}`;

let roomserver: TestRoomserver;
const servers = new RemoteServers();
/** A room with a fork of two branches that were merged, and a line of messages after that. */
let room: RemoteRoom;
let branches: EventId[];
let line: EventId[];
beforeAll(async () => {
  roomserver = await openRoomserver(servers);
  room = servers.hold(RemoteRoom.open('11', carl));
  await joinRemote(roomserver, room, bob);
  const base = room.member(dora, 'join');
  const left = room.message(carl, 'left', { after: [base] });
  const right = room.state(carl, 'm.room.topic', { topic: 'right' }, { after: [base] });
  const merge = room.message(dora, 'merge', { after: [left, right] });
  line = Array.from({ length: 50 }, (_, index) => room.message(dora, `${index}`));
  branches = [base, left, right, merge];
  const outcomes = [
    ...(await push(roomserver, room.json(...branches))),
    ...(await push(roomserver, room.json(...line))),
  ];
  if (outcomes.some((outcome) => outcome !== 'accepted')) throw new Error(outcomes.join());
});
afterAll(() => roomserver.close());

const eventsBefore = async (eventIds: string[], limit: number, visibleTo?: string) =>
  (await roomserver.service.queryEventsBefore({ roomId: room.roomId, eventIds, limit, visibleTo })).events;

async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  const count = roomserver.queryDatabase.statements;
  await work();
  return roomserver.queryDatabase.statements - count;
}

const last = () => line.at(-1) ?? '';

describe('queryEventsBefore', () => {
  it('walks back breadth first, the given events included, each event once', async () => {
    const ids = (await eventsBefore([line[1] ?? '', line[0] ?? ''], 7)).map(({ eventId }) => eventId);
    const [base, left, right, merge] = branches;
    expect(ids).toEqual([line[1], line[0], merge, left, right, base, expect.any(String)]);
  });

  it('ends at the limit and takes 100 at most', async () => {
    expect(await eventsBefore([last()], 10)).toHaveLength(10);
    expect(await eventsBefore([last()], 0)).toEqual([]);
    expect(await eventsBefore([last()], -1)).toEqual([]);
    expect((await eventsBefore([last()], 1_000_000)).length).toBeLessThanOrEqual(100);
  });

  it('reads a line of events in one statement', async () => {
    expect(await statementsOf(() => eventsBefore([last()], 45))).toBe(1);
  });

  it('leaves out what is unknown, malformed or of another room', async () => {
    const other = await makeRoom(roomserver);
    const elsewhere = await sent(roomserver, message(other, alice, 'x'));
    expect(await eventsBefore([unknownId, 'nonsense', elsewhere, '\0'], 10)).toEqual([]);
    const asked = { eventIds: [last()], limit: 10, visibleTo: undefined };
    expect((await roomserver.service.queryEventsBefore({ ...asked, roomId: other })).events).toEqual([]);
    expect((await roomserver.service.queryEventsBefore({ ...asked, roomId: '\0' })).events).toEqual([]);
  });
});

describe('queryMissingEvents', () => {
  const missing = async (latest: string[], earliest: string[], limit = 20, minDepth = 0) =>
    (
      await roomserver.service.queryMissingEvents({
        roomId: room.roomId,
        latestEventIds: latest,
        earliestEventIds: earliest,
        limit,
        minDepth,
        visibleTo: undefined,
      })
    ).events.map(({ eventId }) => eventId);

  it('gives what is between, without either end, and not what is before the earliest', async () => {
    const [base = '', left, right = '', merge = ''] = branches;
    expect(await missing([merge], [base])).toEqual([left, right]);
    expect(await missing([merge], [base, right])).toEqual([left]);
    expect(await missing([line[4] ?? ''], [line[0] ?? ''])).toEqual([line[3], line[2], line[1]]);
  });

  it('keeps to the limit and the depth', async () => {
    expect(await missing([line[9] ?? ''], [], 3)).toEqual([line[8], line[7], line[6]]);
    const depth = room.get(line[7] ?? branches[0] ?? room.create).pdu.depth;
    expect(await missing([line[9] ?? ''], [], 20, depth)).toEqual([line[8], line[7]]);
    expect(await missing([unknownId], [])).toEqual([]);
  });
});

describe('queryAuthChains and queryStateIds', () => {
  it('give what the graph gives', async () => {
    const asked = [branches[2], line[3]].flatMap((eventId) => eventId ?? []);
    const { chains } = await roomserver.service.queryAuthChains({
      queries: [
        { roomId: room.roomId, eventIds: asked },
        { roomId: room.roomId, eventIds: [unknownId] },
        { roomId: '!none:example.org', eventIds: asked },
        { roomId: room.roomId, eventIds: [] },
      ],
    });
    expect(chains.map(({ exists }) => exists)).toEqual([true, false, false, false]);
    expect(chains[0]?.eventIds.toSorted()).toEqual(room.authChain(asked).toSorted());
    const { states } = await roomserver.service.queryStateIds({
      queries: [
        ...asked.map((eventId) => ({ roomId: room.roomId, eventId })),
        { roomId: room.roomId, eventId: unknownId },
      ],
    });
    expect(states.map(({ exists }) => exists)).toEqual([true, true, false]);
    for (const [index, eventId] of asked.entries()) {
      expect(states[index]?.stateEventIds.toSorted()).toEqual(room.stateIds(eventId).toSorted());
      expect(states[index]?.authChainIds.toSorted()).toEqual(room.authChain(room.stateIds(eventId)).toSorted());
    }
  });

  it('ask no more for many events than for one', async () => {
    const chains = (eventIds: string[]) =>
      statementsOf(() => roomserver.service.queryAuthChains({ queries: [{ roomId: room.roomId, eventIds }] }));
    const one = await chains(line.slice(0, 1));
    expect(await chains(line)).toBe(one);
  });
});

describe('queryLatestEvents', () => {
  it('gives the head of a room and the state after it', async () => {
    const local = await makeRoom(roomserver, '12');
    const topic = await sent(
      roomserver,
      event(local, alice, 'm.room.topic', { stateKey: '', content: { topic: 'x' } }),
    );
    const newest = await sent(roomserver, message(local, alice, 'x'));
    const keys = [
      { type: 'm.room.topic', stateKey: '' },
      { type: 'm.room.member', stateKey: alice },
      { type: 'm.room.member', stateKey: bob },
      { type: 'no.such.type', stateKey: '\0' },
    ];
    const query = () =>
      roomserver.service.queryLatestEvents({
        queries: [
          { roomId: local, keys },
          { roomId: room.roomId, keys: [] },
          { roomId: '!none:example.org', keys },
        ],
      });
    const { rooms } = await query();
    expect(rooms.map(({ exists, roomVersion }) => [exists, roomVersion])).toEqual([
      [true, '12'],
      [true, '11'],
      [false, ''],
    ]);
    expect(rooms[0]?.eventIds).toEqual([newest]);
    expect(rooms[0]?.depth).toBe(7);
    expect(rooms[0]?.state.map(({ type, stateKey }) => [type, stateKey])).toEqual([
      ['m.room.topic', ''],
      ['m.room.member', alice],
    ]);
    expect(rooms[0]?.state[0]?.eventId).toBe(topic);
    expect(rooms[1]?.eventIds).toEqual([last()]);
    expect(await statementsOf(query)).toBeLessThanOrEqual(3);
  });
});
