import { type EventId, type JsonObject, parseEventId, type RoomVersion } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { joinRemote, push, stateIdsOf } from '../../testing/input-events.ts';
import { bob, eventOf, logOf, message, sent } from '../../testing/open-roomserver.ts';
import { must, RemoteRoom } from '../../testing/remote-room.ts';
import { withRemoteServers } from '../../testing/with-remote-servers.ts';

const carl = '@carl:one.example';
const emil = '@emil:two.example';

const { roomserver, servers } = await withRemoteServers();

async function joinedRoom(version: RoomVersion = '11'): Promise<RemoteRoom> {
  const room = servers.hold(RemoteRoom.open(version));
  room.member(emil, 'join');
  await joinRemote(roomserver, room, bob);
  return room;
}

function redaction(room: RemoteRoom, sender: string, redacts: EventId): EventId {
  const content: JsonObject = room.rules.redactsIn === 'content' ? { redacts } : {};
  return room.send({ sender, type: 'm.room.redaction', redacts, content });
}

async function contentOf(eventId: string): Promise<JsonObject> {
  return JSON.parse((await eventOf(roomserver, eventId)).json).content;
}

describe('A9: redactions', () => {
  it.each(['1', '5', '10', '11', '12'] as const)(
    'of the create event and the power levels leave the room what it was, version %s',
    async (version) => {
      const room = await joinedRoom(version);
      const before = await stateIdsOf(roomserver, room.roomId);
      const [powerLevels] = room
        .stateIds(room.last)
        .filter((each) => room.get(each).pdu.type === 'm.room.power_levels');
      const all = [redaction(room, carl, room.create), redaction(room, carl, powerLevels ?? room.create)];
      expect(await push(roomserver, room.json(...all))).toEqual(['accepted', 'accepted']);
      expect(await stateIdsOf(roomserver, room.roomId)).toEqual(before);
      const { rooms } = await roomserver.service.queryRooms({ roomIds: [room.roomId] });
      expect(rooms[0]?.roomVersion).toBe(version);
      const topic = room.state(carl, 'm.room.topic', { topic: 'still allowed' });
      const forbidden = room.aside(() => room.state(emil, 'm.room.topic', { topic: 'still not' }));
      expect(await push(roomserver, room.json(topic))).toEqual(['accepted']);
      expect(await push(roomserver, room.json(forbidden), 'two.example')).toEqual(['rejected: insufficient_power']);
    },
  );

  it('of events of other servers by those without the power come in and redact nothing', async () => {
    const room = await joinedRoom();
    const said = room.message(carl, 'said');
    expect(await push(roomserver, room.json(said, redaction(room, emil, said)))).toEqual(['accepted', 'accepted']);
    expect(await contentOf(said)).toEqual({ body: 'said', msgtype: 'm.text' });
  });

  it('by the same server need no power, and a state that is redacted keeps its place', async () => {
    const room = await joinedRoom();
    const named = room.member(emil, 'join', emil, { content: { membership: 'join', displayname: 'Emil' } });
    expect(
      await push(roomserver, room.json(named, redaction(room, '@emil:two.example', named)), 'two.example'),
    ).toEqual(['accepted', 'accepted']);
    expect(await contentOf(named)).toEqual({ membership: 'join' });
    expect(await stateIdsOf(roomserver, room.roomId)).toContain(named);
    const told = (await logOf(roomserver)).at(-1)?.kind;
    expect(told?.$case === 'redacted' && told.value.eventId).toBe(named);
  });

  it('that come before what they redact wait for it', async () => {
    const room = await joinedRoom();
    const fork = room.last;
    const said = room.aside(() => room.message(carl, 'never seen', { after: [fork] }));
    const early = redaction(room, carl, said);
    expect(await push(roomserver, room.json(early))).toEqual(['accepted']);
    expect(await push(roomserver, room.json(said))).toEqual(['accepted']);
    expect(await contentOf(said)).toEqual({});
    const entries = (await logOf(roomserver)).slice(-2).map(({ kind }) => kind?.$case);
    expect(entries).toEqual(['event', 'redacted']);
    expect(JSON.stringify(roomserver.published)).not.toContain('never seen');
  });

  it('of each other in a circle, of themselves, and of what is not there, harm nothing', async () => {
    const room = await joinedRoom('2');
    const said = room.message(carl, 'said');
    const first = redaction(room, carl, said);
    const second = redaction(room, carl, first);
    const nothing = redaction(room, carl, must(parseEventId('$nothing:one.example')));
    expect(await push(roomserver, room.json(said, first, second, nothing))).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'accepted',
    ]);
    expect(await contentOf(said)).toEqual({});
    await sent(roomserver, message((await joinedRoom('10')).roomId, bob, 'x'));
  });
});
