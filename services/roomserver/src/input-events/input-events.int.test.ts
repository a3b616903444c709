import { describe, expect, it } from 'vitest';
import { joinRemote, push, stateIdsOf } from '../testing/input-events.ts';
import { alice, bob, eventOf, logOf, makeRoom, member, message, sent } from '../testing/open-roomserver.ts';
import { RemoteRoom } from '../testing/remote-room.ts';
import { withRemoteServers } from '../testing/with-remote-servers.ts';

const carl = '@carl:one.example';

const { roomserver, servers } = await withRemoteServers();

describe('a room of other servers', () => {
  it.each(['1', '2', '3', '5', '9', '10', '11', '12'] as const)(
    'of version %s is joined, followed and written in',
    async (version) => {
      const room = servers.hold(RemoteRoom.open(version));
      const join = await joinRemote(roomserver, room, bob);
      expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(join).stateAfter.values()].sort());
      const first = room.message(carl, 'hello');
      const topic = room.state(carl, 'm.room.topic', { topic: 'x' });
      const second = room.message(carl, 'again');
      expect(await push(roomserver, room.json(first, topic, second))).toEqual(['accepted', 'accepted', 'accepted']);
      expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(second).stateAfter.values()].sort());
      const own = await sent(roomserver, message(room.roomId, bob, 'hi'));
      const [before] = JSON.parse((await eventOf(roomserver, own)).json).prev_events;
      expect(room.rules.eventIds === 'explicit' ? before[0] : before).toBe(second);
    },
  );

  it('does not come in while it is blocked', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    const { roomId } = room;
    await roomserver.service.setRoomBlocked({ roomId, requestedBy: bob, blocked: true });
    await joinRemote(roomserver, room, bob).catch(() => undefined);
    expect((await roomserver.service.queryRooms({ roomIds: [roomId] })).rooms).toEqual([]);
    await roomserver.service.setRoomBlocked({ roomId, requestedBy: bob, blocked: false });
    await joinRemote(roomserver, room, bob);
    expect((await roomserver.service.queryRooms({ roomIds: [roomId] })).rooms).toHaveLength(1);
  });

  it('of many members is joined whole', { timeout: 60_000 }, async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    for (let count = 0; count < 550; count++) room.member(`@member${count}:one.example`, 'join');
    const join = await joinRemote(roomserver, room, bob);
    expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(join).stateAfter.values()].sort());
    const { rooms } = await roomserver.service.queryMembers({ roomIds: [room.roomId], memberships: ['join'] });
    expect(rooms[0]?.members).toHaveLength(552);
  });

  it('that was left is joined again with the state that it has by then', async () => {
    const room = servers.hold(RemoteRoom.open('11'));
    const first = await joinRemote(roomserver, room, bob);
    const leave = room.member(bob, 'leave');
    expect(await push(roomserver, room.json(leave), 'example.org')).toEqual(['accepted']);
    room.state(carl, 'm.room.topic', { topic: 'meanwhile' });
    room.member('@dora:one.example', 'join');
    const second = await joinRemote(roomserver, room, bob);
    expect(second).not.toBe(first);
    expect(await stateIdsOf(roomserver, room.roomId)).toEqual([...room.get(second).stateAfter.values()].sort());
    const own = await sent(roomserver, message(room.roomId, bob, 'back'));
    expect(JSON.parse((await eventOf(roomserver, own)).json).prev_events).toEqual([second]);
  });

  it('gives log entries that are read as they were published', async () => {
    expect(roomserver.published).toEqual(await logOf(roomserver));
  });
});

describe('a room of this server', () => {
  it.each(['10', '11', '12'] as const)('of version %s has users of others in it', async (version) => {
    const roomId = await makeRoom(roomserver, version);
    const events = (await logOf(roomserver)).flatMap(({ kind }) =>
      kind?.$case === 'event' && kind.value.roomId === roomId ? [kind.value.json] : [],
    );
    const room = servers.hold(RemoteRoom.of(version, alice, events));
    const join = room.member(carl, 'join');
    const hello = room.message(carl, 'hello');
    expect(await push(roomserver, room.json(join, hello))).toEqual(['accepted', 'accepted']);
    const answer = await sent(roomserver, message(roomId, alice, 'welcome'));
    expect(JSON.parse((await eventOf(roomserver, answer)).json).prev_events).toEqual([hello]);
    const crossed = room.message(carl, 'at the same time');
    expect(await push(roomserver, room.json(crossed))).toEqual(['accepted']);
    const both = await sent(roomserver, message(roomId, alice, 'both'));
    expect(JSON.parse((await eventOf(roomserver, both)).json).prev_events).toEqual([answer, crossed]);
    await sent(roomserver, member(roomId, alice, carl, 'ban'));
    expect(await push(roomserver, room.json(room.message(carl, 'too late')))).toEqual([
      'soft_failed: sender_not_joined',
    ]);
  });
});
