import type { EventId } from '@plexus/matrix';
import { RpcError } from '@plexus/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRemote, push } from '../../testing/input-events.ts';
import {
  alice,
  bob,
  makeRoom,
  member,
  openRoomserver,
  publicRoom,
  sent,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';
import { RemoteRoom } from '../../testing/remote-room.ts';
import { RemoteServers } from '../../testing/remote-servers.ts';

const carl = '@carl:one.example';
const dora = '@dora:two.example';
const erik = '@erik:three.example';

let roomserver: TestRoomserver;
const remote = new RemoteServers();
beforeAll(async () => {
  roomserver = await openRoomserver(remote);
});
afterAll(() => roomserver.close());

async function accept(room: RemoteRoom, events: readonly EventId[]): Promise<void> {
  const outcomes = await push(roomserver, room.json(...events));
  if (outcomes.some((outcome) => outcome !== 'accepted')) throw new Error(outcomes.join());
}

describe('servers in rooms', () => {
  it('are those of joined users, now and at events', async () => {
    const room = remote.hold(RemoteRoom.open('11', carl));
    await joinRemote(roomserver, room, bob);
    const early = room.message(carl, 'early');
    const join = room.member(dora, 'join');
    const there = room.message(dora, 'hello');
    const leave = room.member(dora, 'leave');
    const late = room.message(carl, 'late');
    await accept(room, [early, join, there, leave, late]);
    const query = (server: string, eventId?: string, roomId: string = room.roomId) => ({ roomId, server, eventId });
    const queries = [
      query('one.example'),
      query('two.example'),
      query('two.example', early),
      query('two.example', join),
      query('two.example', there),
      query('two.example', leave),
      query('two.example', late),
      query('three.example'),
      query('two.example', '$unknown'),
      query('one.example', undefined, '!none:example.org'),
      query('\0', undefined, '\0'),
    ];
    const { joined } = await roomserver.service.queryServersInRooms({ queries });
    expect(joined).toEqual([true, false, false, false, true, true, false, false, false, false, false]);
    const { rooms } = await roomserver.service.queryJoinedServers({ roomIds: [room.roomId, '!none:example.org'] });
    expect(rooms.map(({ exists, servers }) => [exists, servers.toSorted()])).toEqual([
      [true, ['example.org', 'one.example']],
      [false, []],
    ]);
  });
});

describe('events for a server', () => {
  it.each([
    ['world_readable', [true, true, true, true]],
    ['shared', [true, true, true, true]],
    ['invited', [false, true, true, true]],
    ['joined', [false, false, true, true]],
  ] as const)('are shown as a visibility of %s says, and redacted otherwise', async (visibility, seen) => {
    const room = remote.hold(RemoteRoom.open('11', carl));
    await joinRemote(roomserver, room, bob);
    const set = room.state(carl, 'm.room.history_visibility', { history_visibility: visibility });
    const early = room.message(carl, 'early');
    const invite = room.member(dora, 'invite', carl);
    const invited = room.message(carl, 'invited');
    const join = room.member(dora, 'join');
    const there = room.message(carl, 'there');
    await accept(room, [set, early, invite, invited, join, there]);
    const asked = [early, invited, join, there];
    const seenBy = async (server: string) => {
      const { events } = await roomserver.service.getEvents({ eventIds: asked, positions: [], visibleTo: server });
      return asked.map((eventId) => events.some((each) => each.eventId === eventId));
    };
    expect(await seenBy('two.example')).toEqual(seen);
    expect(await seenBy('one.example')).toEqual([true, true, true, true]);
    const stranger = visibility === 'world_readable';
    expect(await seenBy('three.example')).toEqual([stranger, stranger, stranger, stranger]);
    const { events } = await roomserver.service.queryEventsBefore({
      roomId: room.roomId,
      eventIds: [there],
      limit: 5,
      visibleTo: 'two.example',
    });
    const bodies = new Map(events.map(({ eventId, json }) => [eventId, JSON.parse(json).content.body]));
    expect([early, invited, there].map((eventId) => bodies.get(eventId))).toEqual([
      seen[0] ? 'early' : undefined,
      seen[1] ? 'invited' : undefined,
      'there',
    ]);
  });

  it('are looked for in as many statements as there are states, however many events', async () => {
    const room = remote.hold(RemoteRoom.open('11', carl));
    await joinRemote(roomserver, room, bob);
    const set = room.state(carl, 'm.room.history_visibility', { history_visibility: 'joined' });
    const join = room.member(erik, 'join');
    const line = Array.from({ length: 40 }, (_, index) => room.message(carl, `${index}`));
    await accept(room, [set, join, ...line]);
    const statements = async (limit: number) => {
      const count = roomserver.queryDatabase.statements;
      const eventIds = [line.at(-1) ?? ''];
      await roomserver.service.queryEventsBefore({ roomId: room.roomId, eventIds, limit, visibleTo: 'three.example' });
      return roomserver.queryDatabase.statements - count;
    };
    const few = await statements(2);
    expect(await statements(40)).toBe(few);
  });
});

describe('a server without a user in the room', () => {
  it('is told nothing of its events and state, not even when the world may read it', async () => {
    const room = remote.hold(RemoteRoom.open('11', carl));
    await joinRemote(roomserver, room, bob);
    const set = room.state(carl, 'm.room.history_visibility', { history_visibility: 'world_readable' });
    const join = room.member(dora, 'join');
    const last = room.message(carl, 'last');
    const left = room.member(dora, 'leave');
    await accept(room, [set, join, last, left]);
    const { roomId } = room;
    const latest = { latestEventIds: [left], earliestEventIds: [], minDepth: 0, limit: 5 };
    const ask = (server: string, id: string = roomId) => [
      roomserver.service.queryEventsBefore({ roomId: id, eventIds: [last], limit: 5, visibleTo: server }),
      roomserver.service.queryMissingEvents({ roomId: id, ...latest, visibleTo: server }),
      roomserver.service.queryStateIds({ queries: [{ roomId: id, eventId: last }], askingServer: server }),
      roomserver.service.queryAuthChains({ queries: [{ roomId: id, eventIds: [last] }], askingServer: server }),
    ];
    const outcomes = async (questions: Promise<unknown>[]) =>
      (await Promise.allSettled(questions)).map((each) =>
        each.status === 'fulfilled' ? 'answered' : each.reason instanceof RpcError && each.reason.code,
      );
    const denied = ['PERMISSION_DENIED', 'PERMISSION_DENIED', 'PERMISSION_DENIED', 'PERMISSION_DENIED'];
    expect(await outcomes(ask('one.example'))).toEqual(['answered', 'answered', 'answered', 'answered']);
    expect(await outcomes(ask('two.example'))).toEqual(denied);
    expect(await outcomes(ask('three.example'))).toEqual(denied);
    expect(await outcomes(ask('one.example', '!none:one.example'))).toEqual(denied);
    expect(await outcomes(ask('\0'))).toEqual(denied);
  });
});

describe('queryHierarchy', () => {
  it('leads from spaces alone to other rooms', async () => {
    const child = { type: 'm.space.child', stateKey: '!child:example.org', content: '{"via":["example.org"]}' };
    const { events } = publicRoom('11');
    const roomIds = [
      await makeRoom(roomserver, '11', { events: [...events, child] }),
      await makeRoom(roomserver, '11', { creationContent: '{"type":"org.example.other"}', events: [...events, child] }),
      await makeRoom(roomserver, '11', { creationContent: '{"type":"m.space"}', events: [...events, child] }),
    ];
    const { rooms } = await roomserver.service.queryHierarchy({ roomIds });
    expect(rooms.map(({ children }) => children.length)).toEqual([0, 0, 1]);
  });

  it('shows of rooms what a space shows', async () => {
    const child = await makeRoom(roomserver, '11');
    const space = await makeRoom(roomserver, '11', {
      creationContent: '{"type":"m.space"}',
      events: [
        { type: 'm.room.member', stateKey: alice, content: '{"membership":"join"}' },
        {
          type: 'm.room.join_rules',
          stateKey: '',
          content: JSON.stringify({
            join_rule: 'restricted',
            allow: [{ type: 'm.room_membership', room_id: child }, { type: 'other' }],
          }),
        },
        { type: 'm.room.name', stateKey: '', content: '{"name":"Space"}' },
        { type: 'm.room.history_visibility', stateKey: '', content: '{"history_visibility":"world_readable"}' },
        { type: 'm.room.guest_access', stateKey: '', content: '{"guest_access":"can_join"}' },
        { type: 'm.space.child', stateKey: child, content: '{"via":["example.org"],"order":"a"}' },
        { type: 'm.space.child', stateKey: '!gone:example.org', content: '{}' },
      ],
    });
    await sent(roomserver, member(child, bob, bob, 'join'));
    const query = (roomIds: string[]) => roomserver.service.queryHierarchy({ roomIds });
    const { rooms } = await query([space, child, '!none:example.org', '\0']);
    expect(rooms.map(({ exists, roomVersion, joinedMembers }) => [exists, roomVersion, joinedMembers])).toEqual([
      [true, '11', 1],
      [true, '11', 2],
      [false, '', 0],
      [false, '', 0],
    ]);
    expect(JSON.parse(rooms[0]?.summary ?? '')).toEqual({
      name: 'Space',
      join_rule: 'restricted',
      room_type: 'm.space',
      world_readable: true,
      guest_can_join: true,
    });
    expect(rooms[0]?.allowedRoomIds).toEqual([child]);
    const children = rooms[0]?.children.map((json) => JSON.parse(json));
    expect(children).toEqual([
      {
        type: 'm.space.child',
        state_key: child,
        sender: alice,
        content: { via: ['example.org'], order: 'a' },
        origin_server_ts: expect.any(Number),
      },
    ]);
    const count = roomserver.queryDatabase.statements;
    await query([space, child]);
    expect(roomserver.queryDatabase.statements - count).toBe(3);
  });
});
