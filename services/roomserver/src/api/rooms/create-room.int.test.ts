import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  eventOf,
  logOf,
  makeRoom,
  openRoomserver,
  publicRoom,
  stateOf,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

async function refusal(version: string, rest: Parameters<typeof publicRoom>[1]) {
  const { result } = await roomserver.service.createRoom(publicRoom(version, rest));
  return result?.$case === 'error' ? result.value.errcode : 'created';
}

describe.each(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'])(
  'createRoom in version %s',
  (version) => {
    it('makes the room with all its state, in order', async () => {
      const roomId = await makeRoom(roomserver, version);
      const state = await stateOf(roomserver, roomId);
      const inOrder = state.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0));
      expect(inOrder.map(({ type }) => type)).toEqual([
        'm.room.create',
        'm.room.member',
        'm.room.power_levels',
        'm.room.join_rules',
        'm.room.name',
      ]);
      const positions = inOrder.map(({ position }) => position ?? 0);
      expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
      expect(inOrder.every((event) => event.roomVersion === version && event.roomId === roomId)).toBe(true);
    });

    it('names the version in the create event, and the creator where the version wants it', async () => {
      const roomId = await makeRoom(roomserver, version, {
        creationContent: '{"creator":"@eve:example.org","type":"m.space"}',
      });
      const [create] = (await stateOf(roomserver, roomId)).filter(({ type }) => type === 'm.room.create');
      const content: unknown = JSON.parse(create?.json ?? '').content;
      const creator = Number(version) < 11 ? { creator: alice } : {};
      expect(content).toEqual({ room_version: version, type: 'm.space', ...creator });
    });
  },
);

describe('createRoom', () => {
  it("takes the create event's hash as the room id since version 12", async () => {
    const roomId = await makeRoom(roomserver, '12');
    const create = await eventOf(roomserver, `$${roomId.slice(1)}`);
    expect(create.type).toBe('m.room.create');
    expect(create.roomId).toBe(roomId);
    expect(JSON.parse(create.json)).not.toHaveProperty('room_id');
  });

  it('makes different rooms when one user asks for many at once', async () => {
    const rooms = await Promise.all(Array.from({ length: 20 }, () => makeRoom(roomserver, '12')));
    expect(new Set(rooms).size).toBe(20);
  });

  it('makes different rooms when two processes are asked in the same millisecond', async () => {
    const other = roomserver.openReplica();
    const rooms = await Promise.all(
      Array.from({ length: 20 }, (_, index) => makeRoom(index % 2 === 0 ? roomserver : other, '12')),
    );
    expect(new Set(rooms).size).toBe(20);
  });

  it('points the alias at the room in the same commit, and refuses a taken one without making a room', async () => {
    const alias = '#taken:example.org';
    const roomId = await makeRoom(roomserver, '11', { alias });
    const resolved = await roomserver.service.resolveAliases({ aliases: [alias] });
    expect(resolved.aliases).toEqual([{ alias, roomId }]);
    const before = (await logOf(roomserver)).length;
    expect(await refusal('11', { alias })).toBe('M_ROOM_IN_USE');
    expect((await logOf(roomserver)).length).toBe(before);
  });

  it('gives an alias that many ask for at once to one of them, and the others an error', async () => {
    const other = roomserver.openReplica();
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? roomserver : other).service.createRoom(publicRoom('11', { alias: '#wanted:example.org' })),
      ),
    );
    const errors = results.flatMap(({ result }) => (result?.$case === 'error' ? [result.value.errcode] : []));
    expect(errors).toEqual(Array.from({ length: 7 }, () => 'M_ROOM_IN_USE'));
  });

  it('refuses what cannot become a room, and changes nothing', async () => {
    const before = (await logOf(roomserver)).length;
    const join = { type: 'm.room.member', stateKey: alice, content: '{"membership":"join"}' };
    expect(await refusal('13', {})).toBe('M_UNSUPPORTED_ROOM_VERSION');
    expect(await refusal('11', { creationContent: '{"a":1.5}' })).toBe('M_BAD_JSON');
    expect(await refusal('11', { creationContent: '[]' })).toBe('M_BAD_JSON');
    expect(await refusal('11', { creationContent: '{' })).toBe('M_NOT_JSON');
    expect(await refusal('11', { creator: 'alice' })).toBe('M_INVALID_PARAM');
    expect(await refusal('11', { alias: '#a:elsewhere.org' })).toBe('M_INVALID_PARAM');
    expect(await refusal('11', { alias: 'a' })).toBe('M_INVALID_PARAM');
    const tooLarge = JSON.stringify({ topic: 'x'.repeat(66_000) });
    expect(await refusal('11', { events: [join, { type: 'm.room.topic', stateKey: '', content: tooLarge }] })).toBe(
      'M_TOO_LARGE',
    );
    const nameBeforeJoin = [{ type: 'm.room.name', stateKey: '', content: '{}' }, join];
    expect(await refusal('11', { events: nameBeforeJoin })).toBe('M_INVALID_ROOM_STATE');
    const bobJoins = { type: 'm.room.member', stateKey: bob, content: '{"membership":"join"}' };
    expect(await refusal('11', { events: [join, bobJoins] })).toBe('M_INVALID_ROOM_STATE');
    const creatorInLevels = {
      type: 'm.room.power_levels',
      stateKey: '',
      content: JSON.stringify({ users: { [alice]: 100 } }),
    };
    expect(await refusal('12', { events: [join, creatorInLevels] })).toBe('M_INVALID_ROOM_STATE');
    expect((await logOf(roomserver)).length).toBe(before);
  });
});
