import type { EventId } from '@plexus/matrix';
import { sql } from '@plexus/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { joinRemote, push, stateIdsOf } from '../testing/input-events.ts';
import { bob, logOf, message, openRoomserver, sent, type TestRoomserver } from '../testing/open-roomserver.ts';
import { must, RemoteRoom } from '../testing/remote-room.ts';
import { RemoteServers } from '../testing/remote-servers.ts';

const carl = '@carl:one.example';
const dora = '@dora:one.example';

const selectBackward = sql(
  'test_select_backward',
  `SELECT b.event FROM roomserver.backward_extremities b JOIN roomserver.rooms r ON r.room = b.room WHERE r.room_id = $1`,
);

let roomserver: TestRoomserver;
const servers = new RemoteServers();
beforeAll(async () => {
  roomserver = await openRoomserver(servers);
});
beforeEach(() => {
  servers.asked.length = 0;
  servers.given.length = 0;
  servers.askedServers.length = 0;
  servers.withheld.clear();
  servers.silent.clear();
  servers.lies = {};
});
afterAll(() => roomserver.close());

/** A room in which a local user is, with so many messages that this server has not seen. */
async function roomWithGap(messages: number, change: (room: RemoteRoom) => void = () => undefined) {
  const room = servers.hold(RemoteRoom.open('11'));
  await joinRemote(roomserver, room, bob);
  change(room);
  const missed = Array.from({ length: messages }, (_, index) => room.message(carl, `missed ${index}`));
  servers.asked.length = 0;
  return { room, missed };
}

async function timelineOf(roomId: string): Promise<string[]> {
  const log = await logOf(roomserver);
  return log.flatMap(({ kind }) =>
    kind?.$case === 'event' && kind.value.roomId === roomId ? [kind.value.eventId] : [],
  );
}

describe('prev events that are not known', () => {
  it('are asked for once, and come into the timeline before what follows them', async () => {
    const { room, missed } = await roomWithGap(30);
    const last = room.message(carl, 'last');
    expect(await push(roomserver, room.json(last))).toEqual(['accepted']);
    expect((await timelineOf(room.roomId)).slice(-31)).toEqual([...missed, last]);
    expect(servers.times('getMissingEvents')).toBe(1);
    expect(servers.times('getStateIds')).toBe(0);
  });

  it('are asked for in several rounds when there are many', async () => {
    const { room, missed } = await roomWithGap(250);
    const last = room.message(carl, 'last');
    expect(await push(roomserver, room.json(last))).toEqual(['accepted']);
    expect((await timelineOf(room.roomId)).slice(-251)).toEqual([...missed, last]);
    expect(new Set(servers.given).size).toBe(servers.given.length);
  });

  it('are fetched once and looked up once for all events of a batch that follow them', async () => {
    const { room } = await roomWithGap(20, (each) => each.state(carl, 'm.room.topic', { topic: 'x' }));
    const branches = Array.from({ length: 20 }, (_, index) =>
      room.message(carl, `branch ${index}`, { after: [must(room.order.at(-1 - index))] }),
    );
    const rowsBefore = roomserver.writeDatabase.rows;
    expect(await push(roomserver, room.json(...branches))).toEqual(branches.map(() => 'accepted'));
    expect(new Set(servers.given).size).toBe(servers.given.length);
    expect(servers.times('getMissingEvents')).toBe(1);
    expect(roomserver.writeDatabase.rows - rowsBefore).toBeLessThan(200);
  });

  it('that nobody gives leave the event without a place, to be tried again later', async () => {
    const { room, missed } = await roomWithGap(3);
    for (const eventId of missed) servers.withheld.add(eventId);
    servers.lies = { getStateIds: async () => undefined };
    const last = room.message(carl, 'last');
    expect(await push(roomserver, room.json(last))).toEqual(['missing: missing_prev_events']);
    servers.withheld.clear();
    expect(await push(roomserver, room.json(last))).toEqual(['accepted']);
    expect(await push(roomserver, room.json(last))).toEqual(['already_known: already_known']);
  });

  it('that are too many are bridged by the state before the event, and can be asked for later', async () => {
    const { room, missed } = await roomWithGap(40, (each) => {
      each.member(dora, 'join');
      each.state(carl, 'm.room.topic', { topic: 'in the gap' });
    });
    for (const eventId of missed) servers.withheld.add(eventId);
    const last = room.message(dora, 'last');
    expect(await push(roomserver, room.json(last))).toEqual(['accepted']);
    expect(servers.times('getStateIds')).toBe(1);
    expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(last).stateAfter.values()].sort());
    // That of the join, and this one.
    expect(await roomserver.database.query(selectBackward, [room.roomId])).toHaveLength(2);
    await sent(roomserver, message(room.roomId, bob, 'on both sides'));
  });

  it('that are a bottomless answer end at a bound', async () => {
    const { room } = await roomWithGap(0);
    const other = RemoteRoom.open('11');
    for (let index = 0; index < 3; index++) other.message(carl, `other ${index}`);
    const strangers = other.order.map((eventId) => other.get(eventId).json);
    servers.lies = { getMissingEvents: async () => [...strangers, ...strangers], getStateIds: async () => undefined };
    const hidden = room.message(carl, 'hidden');
    const last = room.message(carl, 'last');
    expect(await push(roomserver, room.json(last))).toEqual(['missing: missing_prev_events']);
    expect(servers.times('getMissingEvents')).toBe(1);
    servers.lies = {};
    expect(await push(roomserver, room.json(hidden))).toEqual(['accepted']);
  });
});

describe('what the server that sent an event does not give', () => {
  const erin = '@erin:two.example';
  const frank = '@frank:three.example';
  const gone = '@gone:four.example';

  /** A room of three servers, and one that has left it though its user has most power. */
  async function roomOfServers() {
    const room = servers.hold(RemoteRoom.open('11', carl, { [gone]: 99, [frank]: 50 }));
    for (const user of [erin, frank, gone]) room.member(user, 'join');
    room.member(gone, 'leave');
    await joinRemote(roomserver, room, bob);
    servers.askedServers.length = 0;
    return room;
  }

  it('is asked of the server that made the event, when another one brought it', async () => {
    const room = await roomOfServers();
    const missed = room.message(carl, 'missed');
    const last = room.message(erin, 'last');
    servers.silent.add('one.example');
    expect(await push(roomserver, room.json(last), 'one.example')).toEqual(['accepted']);
    expect(servers.askedServers).toEqual(['one.example', 'two.example']);
    expect((await timelineOf(room.roomId)).slice(-2)).toEqual([missed, last]);
  });

  it('is asked of the servers of the creator and of those with most power, who are in the room', async () => {
    const room = await roomOfServers();
    for (let count = 0; count < 3; count++) room.message(erin, 'missed');
    const last = room.message(erin, 'last');
    for (const server of ['one.example', 'two.example']) servers.silent.add(server);
    expect(await push(roomserver, room.json(last), 'two.example')).toEqual(['accepted']);
    expect(servers.askedServers).toEqual(['two.example', 'one.example', 'three.example']);
  });

  it('may be the auth events and the state, each of them of whoever has them', async () => {
    const room = await roomOfServers();
    const join = room.member(dora, 'join');
    const missed = room.message(carl, 'missed');
    servers.withheld.add(missed);
    const last = room.message(dora, 'last');
    servers.lies = {
      getMissingEvents: async () => [],
      getStateIds: async ({ server }) =>
        server === 'three.example'
          ? { state: room.stateIds(last), authChain: room.authChain(room.stateIds(last)) }
          : undefined,
      getEvents: async ({ server }, ids) => (server === 'one.example' ? room.json(...ids) : []),
    };
    expect(await push(roomserver, room.json(last), 'two.example')).toEqual(['accepted']);
    expect(await stateIdsOf(roomserver, room.roomId)).toContain(join);
  });

  it('is asked of a few others a few times, whatever was made up', async () => {
    const room = await roomOfServers();
    const hidden = Array.from({ length: 30 }, () => room.aside(() => room.message(carl, 'made up')));
    const made = hidden.map((eventId) => room.aside(() => room.message(erin, 'x', { after: [eventId] })));
    for (const eventId of hidden) servers.withheld.add(eventId);
    for (const server of ['one.example', 'two.example', 'three.example']) servers.silent.add(server);
    const outcomes = await push(roomserver, room.json(...made), 'two.example');
    expect(new Set(outcomes)).toEqual(new Set(['missing: missing_prev_events']));
    expect(servers.askedServers.filter((server) => server !== 'two.example').length).toBeLessThanOrEqual(10);
  });
});

describe('auth events that are not known', () => {
  it('are fetched with their chain once for all that cite them', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    await joinRemote(roomserver, room, bob);
    const fork: EventId = room.last;
    const join = room.member(dora, 'join', dora, { after: [fork] });
    const power = room.state(carl, 'm.room.power_levels', { users: { [carl]: 100, [dora]: 50 } });
    for (const eventId of [join, power]) servers.withheld.add(eventId);
    servers.asked.length = 0;
    const talk = Array.from({ length: 5 }, (_, index) => room.message(dora, `${index}`));
    servers.lies = {
      getEventAuth: async () => room.authChain(talk).map((eventId) => room.get(eventId).json),
      getEvents: async (_, ids) => ids.map((eventId) => room.get(eventId).json),
    };
    expect(await push(roomserver, room.json(...talk))).toEqual(talk.map(() => 'accepted'));
    expect(servers.times('getStateIds')).toBe(1);
    expect(servers.times('getEventAuth')).toBe(0);
  });
});

describe('the same event', () => {
  it('given to two processes at once is one event', async () => {
    const room = servers.hold(RemoteRoom.open('10'));
    await joinRemote(roomserver, room, bob);
    const replica = roomserver.openReplica();
    const events = [
      ...Array.from({ length: 10 }, (_, index) => room.message(carl, `${index}`)),
      room.state(carl, 'm.room.topic', { topic: 'x' }),
    ];
    const own = Array.from({ length: 10 }, (_, index) =>
      sent(index % 2 === 0 ? roomserver : replica, message(room.roomId, bob, `own ${index}`)),
    );
    const outcomes = await Promise.all(
      [roomserver, replica, replica, roomserver].map((each) => push(each, room.json(...events))),
    );
    await Promise.all(own);
    for (const outcome of outcomes.flat()) expect(outcome).toMatch(/accepted|already_known/);
    const timeline = await timelineOf(room.roomId);
    expect(timeline.filter((eventId) => events.some((each) => each === eventId))).toHaveLength(events.length);
    expect(new Set(timeline).size).toBe(timeline.length);
  });
});
