import type { EventId, RoomVersion } from '@plexus/matrix';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inputJoin, joinRemote, push, stateIdsOf } from '../../testing/input-events.ts';
import {
  alice,
  bob,
  eventOf,
  logOf,
  message,
  openRoomserver,
  sent,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';
import { RemoteRoom } from '../../testing/remote-room.ts';
import { RemoteServers } from '../../testing/remote-servers.ts';

const carl = '@carl:one.example';
const evil = '@evil:two.example';

let roomserver: TestRoomserver;
const servers = new RemoteServers();
beforeAll(async () => {
  roomserver = await openRoomserver(servers);
});
beforeEach(() => {
  servers.lies = {};
  servers.withheld.clear();
});
afterAll(() => roomserver.close());

/** A room with a member of another server, whom the creator has given half of the power, and a local one. */
async function joinedRoom(version: RoomVersion = '11'): Promise<RemoteRoom> {
  const room = servers.hold(RemoteRoom.open(version, carl, { [evil]: 50 }));
  room.member(evil, 'join');
  await joinRemote(roomserver, room, bob);
  return room;
}

/** What is shown in the timeline of a room. */
async function isShown(eventId: EventId): Promise<boolean> {
  return (await logOf(roomserver)).some(({ kind }) => kind?.$case === 'event' && kind.value.eventId === eventId);
}

const versions: RoomVersion[] = ['2', '6', '10', '11', '12'];

describe('A6: states that are set back', () => {
  it.each(versions)('by power levels out of old prev events have no effect, version %s', async (version) => {
    const room = await joinedRoom(version);
    const old = room.last;
    const users = room.rules.privilegedCreators ? {} : { [carl]: 100 };
    const demotion = room.state(carl, 'm.room.power_levels', { users: { ...users, [evil]: 0 } });
    expect(await push(roomserver, room.json(demotion))).toEqual(['accepted']);
    const reset = room.aside(() => room.state(evil, 'm.room.name', { name: 'mine' }, { after: [old] }));
    expect(await push(roomserver, room.json(reset), 'two.example')).toEqual(['soft_failed: insufficient_power']);
    expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(demotion).stateAfter.values()].sort());
  });

  it.each(versions)(
    'by a banned user who joins again from before the ban have no effect, version %s',
    async (version) => {
      const room = await joinedRoom(version);
      const old = room.last;
      const ban = room.member(evil, 'ban', carl);
      expect(await push(roomserver, room.json(ban))).toEqual(['accepted']);
      const back = room.aside(() =>
        room.member(evil, 'join', evil, { after: [old], content: { membership: 'join', displayname: 'x' } }),
      );
      const talk = room.aside(() => room.message(evil, 'still here', { after: [back] }));
      const outcomes = await push(roomserver, room.json(back, talk), 'two.example');
      expect(outcomes).toEqual(['soft_failed: banned', 'soft_failed: sender_not_joined']);
      expect(await isShown(talk)).toBe(false);
      expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(ban).stateAfter.values()].sort());
      const joined = room.message(carl, 'both branches', { after: [ban, talk] });
      expect(await push(roomserver, room.json(joined))).toEqual(['accepted']);
      expect(await stateIdsOf(roomserver, room.roomId)).toContain(ban);
    },
  );

  it('by a state that leaves out what its own events are authorised by are not believed', async () => {
    const room = await joinedRoom();
    const hidden = room.message(carl, 'hidden');
    const last = room.message(evil, 'last');
    servers.withheld.add(hidden);
    const honest = room.stateIds(last);
    const without = (type: string) => honest.filter((eventId) => room.get(eventId).pdu.type !== type);
    for (const type of ['m.room.power_levels', 'm.room.create', 'm.room.join_rules', 'm.room.member']) {
      servers.lies = { getStateIds: async () => ({ state: without(type), authChain: room.authChain(honest) }) };
      expect(await push(roomserver, room.json(last), 'two.example')).toEqual(['missing: incomplete_state']);
    }
    servers.lies = { getStateIds: async () => ({ state: [], authChain: [] }) };
    expect(await push(roomserver, room.json(last), 'two.example')).toEqual(['missing: incomplete_state']);
    servers.lies = {};
    expect(await push(roomserver, room.json(last), 'two.example')).toEqual(['accepted']);
  });

  it.each(['10', '12'] as const)(
    'by a small part of the state, across a gap, leave a ban in force, version %s',
    async (version) => {
      const room = await joinedRoom(version);
      const beforeBan = room.last;
      const ban = room.member(evil, 'ban', carl);
      const topic = room.state(carl, 'm.room.topic', { topic: 'kept' });
      expect(await push(roomserver, room.json(ban, topic))).toEqual(['accepted', 'accepted']);
      const hidden = room.aside(() => room.message(evil, 'hidden', { after: [beforeBan] }));
      servers.withheld.add(hidden);
      const attack = room.aside(() => room.message(evil, 'x', { after: [hidden] }));
      expect(await push(roomserver, room.json(attack), 'two.example')).toEqual(['soft_failed: sender_not_joined']);
      const state = await stateIdsOf(roomserver, room.roomId);
      expect(state).toContain(ban);
      expect(state).toContain(topic);
    },
  );

  it('a second create event is no event of the room', async () => {
    const room = await joinedRoom();
    const other = new RemoteRoom('11', carl);
    const second = other.get(other.create).json.replaceAll(other.roomId, room.roomId);
    expect(await push(roomserver, [second])).toEqual(['malformed: invalid_signature']);
    const signed = room.aside(() =>
      room.send({
        sender: carl,
        type: 'm.room.create',
        stateKey: '',
        content: { room_version: '11', again: true },
        after: [],
      }),
    );
    expect(await push(roomserver, room.json(signed))).toEqual(['rejected: second_create_event']);
    expect(await stateIdsOf(roomserver, room.roomId)).toContain(room.create);
    expect(await isShown(signed)).toBe(false);
  });
});

describe('A7 and A8: events that cite or follow what is not allowed', () => {
  it('cite a rejected event, and are rejected, however often they are offered', async () => {
    const room = await joinedRoom();
    const grab = room.aside(() => room.state(evil, 'm.room.power_levels', { users: { [evil]: 100 } }));
    const used = room.aside(() =>
      room.state(
        evil,
        'm.room.name',
        { name: 'x' },
        { authEvents: [room.create, grab, ...room.get(grab).pdu.authEvents.slice(2)] },
      ),
    );
    expect((await push(roomserver, room.json(grab, used), 'two.example')).map((each) => each.split(':')[0])).toEqual([
      'rejected',
      'rejected',
    ]);
    expect(await push(roomserver, room.json(grab, used), 'two.example')).toEqual([
      'already_known: already_known',
      'already_known: already_known',
    ]);
    servers.lies = { getStateIds: async () => ({ state: [...room.stateIds(grab), grab], authChain: [] }) };
    const hidden = room.message(carl, 'hidden');
    servers.withheld.add(hidden);
    const last = room.message(carl, 'last');
    await push(roomserver, room.json(last));
    expect(await stateIdsOf(roomserver, room.roomId)).not.toContain(grab);
  });

  it('cite an event of another room', async () => {
    const [room, other] = [await joinedRoom(), await joinedRoom()];
    const foreign = other.state(evil, 'm.room.power_levels', { users: { [carl]: 100, [evil]: 50 } });
    expect(await push(roomserver, other.json(foreign), 'two.example')).toHaveLength(1);
    const event = room.aside(() => {
      room.events.set(foreign, other.get(foreign));
      const [create = room.create, , member = room.create] = room.selectAuthEvents(
        { sender: evil, type: 'x' },
        room.get(room.last).stateAfter,
      );
      return room.message(evil, 'x', { authEvents: [create, foreign, member] });
    });
    expect(await push(roomserver, room.json(event), 'two.example')).toEqual(['rejected: auth_event_of_another_room']);
  });

  it('cite two events of one place', async () => {
    const room = await joinedRoom();
    const first = room.selectAuthEvents({ sender: carl, type: 'x' }, room.get(room.last).stateAfter);
    const power = room.state(carl, 'm.room.power_levels', { users: { [carl]: 100 } });
    const twice = room.message(carl, 'x', { authEvents: [...first, power] });
    expect(await push(roomserver, room.json(power, twice))).toEqual(['accepted', 'rejected: duplicate_auth_event']);
  });

  it('cite each other in a circle, which ids of their own making allow', async () => {
    const room = await joinedRoom('2');
    const [a, b] = [room.aside(() => room.message(evil, 'a')), room.aside(() => room.message(evil, 'b'))];
    const circle = [
      room.get(a).json.replace(/"prev_events":\[\["[^"]+"/, `"prev_events":[["${b}"`),
      room.get(b).json.replace(/"prev_events":\[\["[^"]+"/, `"prev_events":[["${a}"`),
    ];
    const outcomes = await push(roomserver, circle, 'two.example');
    expect(outcomes.every((outcome) => outcome.startsWith('malformed'))).toBe(true);
  });

  it('that follow a rejected event are judged by themselves, and the rejected one is never followed here', async () => {
    const room = await joinedRoom();
    const bad = room.aside(() => room.state(evil, 'm.room.power_levels', { users: { [evil]: 100 } }));
    const good = room.message(evil, 'good', { after: [bad] });
    expect(await push(roomserver, room.json(bad, good), 'two.example')).toEqual([
      expect.stringContaining('rejected'),
      'accepted',
    ]);
    const own = await sent(roomserver, message(room.roomId, bob, 'x'));
    expect(JSON.parse((await eventOf(roomserver, own)).json).prev_events).toEqual([good]);
  });
});

describe('A3, A4 and A11: joins and rooms that are not what they say', () => {
  it('a join of another type, user or room than the state it comes with is not let in', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    const talk = room.message(carl, 'no join');
    const other = servers.hold(RemoteRoom.open('11'));
    const join = other.member(bob, 'join');
    const value = (event: EventId) => ({
      roomVersion: '11',
      event: (room.events.get(event) ?? other.get(event)).json,
      state: room.json(...room.stateIds(talk)),
      authChain: [],
    });
    const input = (event: EventId) =>
      roomserver.service.inputEvents({
        origin: 'one.example',
        roomId: room.roomId,
        input: { $case: 'joined', value: value(event) },
      });
    expect((await input(join)).results.map(({ reason }) => reason)).toEqual(['wrong_room']);
    expect((await input(talk)).results.map(({ reason }) => reason)).toEqual(['no_join']);
    const stranger = room.member('@zoe:two.example', 'join');
    expect((await input(stranger)).results.map(({ reason }) => reason)).toEqual(['no_join']);
    expect((await roomserver.service.queryRooms({ roomIds: [room.roomId] })).rooms).toEqual([]);
  });

  it('a room without power levels lets its creator do what the defaults say', async () => {
    const room = servers.hold(new RemoteRoom('10', carl));
    room.member(carl, 'join');
    room.state(carl, 'm.room.join_rules', { join_rule: 'public' });
    await joinRemote(roomserver, room, bob);
    const topic = room.state(carl, 'm.room.topic', { topic: 'x' });
    expect(await push(roomserver, room.json(topic))).toEqual(['accepted']);
    const bad = room.aside(() => room.state(bob, 'm.room.topic', { topic: 'y' }));
    expect(await push(roomserver, room.json(bad), 'example.org')).toEqual([expect.stringContaining('rejected')]);
  });

  it('a room whose create event is not in the state is not joined', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    const join = room.member(bob, 'join');
    const state = room.stateIds(join).filter((eventId) => eventId !== room.create);
    expect(await inputJoin(roomserver, room, join, { state })).toEqual(['missing: incomplete_state']);
  });

  it('creators of version 12 stand above all levels, also in events of others', async () => {
    const room = await joinedRoom('12');
    const kick = room.aside(() => room.member(carl, 'leave', evil));
    expect(await push(roomserver, room.json(kick), 'two.example')).toEqual(['rejected: target_has_as_much_power']);
  });
});

describe('A13: soft failure', () => {
  it('hides an event that the current state forbids, until others build on it', async () => {
    const room = await joinedRoom();
    const old = room.last;
    const kick = room.member(evil, 'leave', carl);
    expect(await push(roomserver, room.json(kick))).toEqual(['accepted']);
    const late = room.aside(() => room.message(evil, 'sent before the kick', { after: [old] }));
    expect(await push(roomserver, room.json(late), 'two.example')).toEqual(['soft_failed: sender_not_joined']);
    expect(await isShown(late)).toBe(false);
    const own = await sent(roomserver, message(room.roomId, bob, 'x'));
    expect(JSON.parse((await eventOf(roomserver, own)).json).prev_events).toEqual([kick]);
    room.add((await eventOf(roomserver, own)).json);
    const joined = room.message(carl, 'has seen it', { after: [own as EventId, late] });
    expect(await push(roomserver, room.json(joined))).toEqual(['accepted']);
    const next = await sent(roomserver, message(room.roomId, bob, 'y'));
    expect(JSON.parse((await eventOf(roomserver, next)).json).prev_events).toEqual([joined]);
  });
});

describe('A14: a server that the room denies', () => {
  it('brings nothing into it', async () => {
    const room = await joinedRoom();
    const acl = room.state(carl, 'm.room.server_acl', { allow: ['*'], deny: ['two.example'] });
    expect(await push(roomserver, room.json(acl))).toEqual(['accepted']);
    const talk = room.aside(() => room.message(evil, 'x'));
    expect(await push(roomserver, room.json(talk), 'two.example')).toEqual(['rejected: denied_server']);
    expect(await push(roomserver, room.json(talk), 'TWO.example:8448')).toEqual(['rejected: denied_server']);
  });
});

describe('A15: joins that somebody must vouch for', () => {
  it('are refused without the signature of the server of who vouches', async () => {
    const room = servers.hold(new RemoteRoom('10', carl));
    room.member(carl, 'join');
    room.state(carl, 'm.room.power_levels', { users: { [carl]: 100 } });
    room.state(carl, 'm.room.join_rules', { join_rule: 'restricted', allow: [] });
    room.member(bob, 'invite', carl);
    await joinRemote(roomserver, room, bob);
    const content = { membership: 'join', join_authorised_via_users_server: carl };
    const forged = room.aside(() => room.member(evil, 'join', evil, { content }));
    expect(await push(roomserver, room.json(forged), 'two.example')).toEqual(['malformed: invalid_signature']);
    const unvouched = room.aside(() => room.member(evil, 'join'));
    expect(await push(roomserver, room.json(unvouched), 'two.example')).toEqual(['rejected: join_rule_forbids']);
  });

  it('by a third-party invite need what its server has signed', async () => {
    const room = await joinedRoom();
    const invite = room.send({
      sender: carl,
      type: 'm.room.third_party_invite',
      stateKey: 'token',
      content: { public_key: 'x'.repeat(43), display_name: 'x', key_validity_url: 'http://127.0.0.1/' },
    });
    const signed = { mxid: alice, token: 'token', signatures: { 'id.example': { 'ed25519:0': 'x'.repeat(86) } } };
    const forged = room.aside(() =>
      room.member(alice, 'invite', carl, {
        content: { membership: 'invite', third_party_invite: { display_name: 'x', signed } },
      }),
    );
    expect(await push(roomserver, room.json(invite, forged))).toEqual([
      'accepted',
      'rejected: third_party_invite_not_signed',
    ]);
  });
});
