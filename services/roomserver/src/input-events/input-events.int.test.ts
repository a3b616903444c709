import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinRemote, push, stateIdsOf } from '../testing/input-events.ts';
import { bob, eventOf, logOf, message, openRoomserver, sent, type TestRoomserver } from '../testing/open-roomserver.ts';
import { RemoteRoom } from '../testing/remote-room.ts';
import { RemoteServers } from '../testing/remote-servers.ts';

const carl = '@carl:one.example';

let roomserver: TestRoomserver;
const servers = new RemoteServers();
beforeAll(async () => {
  roomserver = await openRoomserver(servers);
});
afterAll(() => roomserver.close());

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

  it('gives log entries that are read as they were published', async () => {
    expect(roomserver.published).toEqual(await logOf(roomserver));
  });
});
