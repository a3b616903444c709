import { availableRoomVersions } from '@plexus/matrix';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  alice,
  bob,
  carol,
  event,
  logOf,
  makeRoom,
  member,
  openRoomserver,
  type Replica,
  refusedWith,
  sent,
  stateOf,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

async function upgrade(
  roomId: string,
  newVersion: string,
  rest: { replica?: Replica; userId?: string; additionalCreators?: string[] } = {},
) {
  const { replica = roomserver, userId = alice, additionalCreators = [] } = rest;
  const { result } = await replica.service.upgradeRoom({ roomId, userId, newVersion, additionalCreators });
  return result?.$case === 'error' ? result.value.errcode : (result?.value ?? '');
}

async function contents(roomId: string): Promise<Record<string, unknown>> {
  const state = await stateOf(roomserver, roomId);
  return Object.fromEntries(state.map(({ type, stateKey, json }) => [`${type} ${stateKey}`, JSON.parse(json).content]));
}

const state = (roomId: string, type: string, content: object, stateKey = '') =>
  sent(roomserver, event(roomId, alice, type, { stateKey, content }));

/** A room with something of everything that moves. */
async function furnished(version: string): Promise<{ roomId: string; alias: string }> {
  const roomId = await makeRoom(roomserver, version, {
    creationContent: '{"type":"m.space","m.federate":false}',
    published: true,
  });
  const alias = `#moved-${version}-${roomId.slice(1, 8).toLowerCase()}:example.org`;
  await roomserver.service.setAlias({ alias, roomId, creator: alice });
  await state(roomId, 'm.room.canonical_alias', { alias });
  await state(roomId, 'm.room.topic', { topic: 'old' });
  await state(roomId, 'm.room.avatar', { url: 'mxc://example.org/a' });
  await state(roomId, 'm.room.history_visibility', { history_visibility: 'joined' });
  await state(roomId, 'm.room.guest_access', { guest_access: 'forbidden' });
  await state(roomId, 'm.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2' });
  await state(roomId, 'm.room.server_acl', { allow: ['*'] });
  await state(roomId, 'm.space.child', { via: ['example.org'] }, '!child:example.org');
  await state(roomId, 'org.example.secret', { from: alice });
  await sent(roomserver, member(roomId, bob, bob, 'join'));
  await sent(roomserver, member(roomId, carol, carol, 'join'));
  await sent(roomserver, member(roomId, alice, carol, 'ban', { reason: 'spam' }));
  return { roomId, alias };
}

describe.each(Object.keys(availableRoomVersions))('an upgrade to version %s', (version) => {
  it('makes a room like the old one, and closes that', async () => {
    const { roomId, alias } = await furnished('10');
    const replacement = await upgrade(roomId, version);
    const [old, made] = [await contents(roomId), await contents(replacement)];
    expect(made).toMatchObject({
      'm.room.create ': {
        type: 'm.space',
        'm.federate': false,
        predecessor: { room_id: roomId },
        room_version: version,
      },
      [`m.room.member ${alice}`]: { membership: 'join', displayname: 'Alice' },
      [`m.room.member ${carol}`]: { membership: 'ban', reason: 'spam' },
      'm.room.name ': { name: 'A room' },
      'm.room.topic ': { topic: 'old' },
      'm.room.avatar ': { url: 'mxc://example.org/a' },
      'm.room.join_rules ': { join_rule: 'public' },
      'm.room.history_visibility ': { history_visibility: 'joined' },
      'm.room.guest_access ': { guest_access: 'forbidden' },
      'm.room.encryption ': { algorithm: 'm.megolm.v1.aes-sha2' },
      'm.room.server_acl ': { allow: ['*'] },
      'm.room.canonical_alias ': { alias },
      'm.space.child !child:example.org': { via: ['example.org'] },
    });
    expect(made).not.toHaveProperty('org.example.secret ');
    expect(made).not.toHaveProperty(`m.room.member ${bob}`);
    expect(old).toMatchObject({
      'm.room.tombstone ': { replacement_room: replacement },
      'm.room.canonical_alias ': {},
      'm.room.power_levels ': { events_default: 50, invite: 50 },
    });
    const { rooms } = await roomserver.service.queryRooms({ roomIds: [roomId, replacement] });
    expect(rooms).toContainEqual({ roomId, roomVersion: '10', aliases: [], published: false });
    expect(rooms).toContainEqual({ roomId: replacement, roomVersion: version, aliases: [alias], published: true });
    expect(await refusedWith(roomserver, event(roomId, bob, 'm.room.message', { content: { body: 'x' } }))).toBe(
      'M_FORBIDDEN',
    );
  });

  it('to the same again answers the same room, whichever process is asked', async () => {
    const { roomId } = await furnished('11');
    const replacement = await upgrade(roomId, version);
    const entries = (await logOf(roomserver)).length;
    expect(await upgrade(roomId, version, { replica: roomserver.openReplica() })).toBe(replacement);
    expect((await logOf(roomserver)).length).toBe(entries);
  });
});

describe('an upgrade', () => {
  it('names the tombstone as the last event up to version 11, and sends it after the new room since 12', async () => {
    const first = await makeRoom(roomserver, '9');
    const second = await upgrade(first, '11');
    const tombstone = (await stateOf(roomserver, first)).find(({ type }) => type === 'm.room.tombstone');
    expect((await contents(second))['m.room.create ']).toMatchObject({ predecessor: { event_id: tombstone?.eventId } });
    const third = await upgrade(second, '12');
    expect((await contents(third))['m.room.create ']).toMatchObject({ predecessor: { room_id: second } });
    expect((await contents(third))['m.room.create ']).not.toHaveProperty('predecessor.event_id');
    const last = (await stateOf(roomserver, second)).find(({ type }) => type === 'm.room.tombstone');
    const create = (await stateOf(roomserver, third)).find(({ type }) => type === 'm.room.create');
    expect(last?.position).toBeGreaterThan(create?.position ?? Number.POSITIVE_INFINITY);
  });

  it('is for those who may send a tombstone', async () => {
    const roomId = await makeRoom(roomserver, '11');
    expect(await upgrade(roomId, '12', { userId: bob })).toBe('M_FORBIDDEN');
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    expect(await upgrade(roomId, '12', { userId: bob })).toBe('M_FORBIDDEN');
    expect(await upgrade(roomId, '13')).toBe('M_UNSUPPORTED_ROOM_VERSION');
    expect(await upgrade('!none:example.org', '12')).toBe('M_NOT_FOUND');
    expect(await upgrade(roomId, '12', { additionalCreators: ['bob'] })).toBe('M_INVALID_PARAM');
    expect(await contents(roomId)).not.toHaveProperty('m.room.tombstone ');
  });

  it('has the creators that the request names, and none of the old room', async () => {
    const first = await makeRoom(roomserver, '12', { creationContent: JSON.stringify({ additional_creators: [bob] }) });
    const second = await upgrade(first, '12', { additionalCreators: [carol] });
    expect((await contents(second))['m.room.create ']).toMatchObject({ additional_creators: [carol] });
    const third = await upgrade(first, '12');
    expect((await contents(third))['m.room.create ']).not.toHaveProperty('additional_creators');
  });

  it('by one who could not send all of the state leaves them no higher than they were', async () => {
    const users = { [alice]: 100, [bob]: 50 };
    const levels = { users, events: { 'm.room.tombstone': 50, 'm.room.encryption': 100 } };
    const roomId = await makeRoom(roomserver, '10');
    await state(roomId, 'm.room.power_levels', levels);
    await state(roomId, 'm.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2' });
    await sent(roomserver, member(roomId, bob, bob, 'join'));
    const replacement = await upgrade(roomId, '11', { userId: bob });
    const made = await contents(replacement);
    expect(made['m.room.power_levels ']).toEqual(levels);
    expect(made).toHaveProperty('m.room.encryption ');
  });

  it('that two ask for at once makes one room', async () => {
    const roomId = await makeRoom(roomserver, '11');
    await roomserver.service.upgradeRoom({
      roomId: '!x:example.org',
      userId: alice,
      newVersion: '11',
      additionalCreators: [],
    });
    const other = roomserver.openReplica();
    const first = await upgrade(roomId, '11');
    const [second, third] = await Promise.all([upgrade(roomId, '11'), upgrade(roomId, '11', { replica: other })]);
    expect([second, third]).toEqual([first, first]);
  });

  it.each(['11', '12'])(
    'to version %s that broke off at any commit is carried on to the same room',
    async (version) => {
      const { roomId } = await furnished('11');
      const rooms = new Set<string>();
      for (let failAt = 1; failAt < 40; failAt++) {
        const replica = roomserver.openReplica();
        // A process that lost its database must not take up the removal of a room, which would wait for its next try.
        await replica.removals.stop();
        replica.writeDatabase.loseAllAfter(failAt);
        const answer = await upgrade(roomId, version, { replica }).catch(() => 'broken');
        if (answer !== 'broken') {
          rooms.add(answer);
          break;
        }
      }
      expect(rooms.size).toBe(1);
      const log = await logOf(roomserver);
      const made = log.filter(
        ({ kind }) =>
          kind?.$case === 'event' &&
          kind.value.type === 'm.room.create' &&
          kind.value.json.includes(`"predecessor":{`) &&
          kind.value.json.includes(roomId),
      );
      expect(made).toHaveLength(1);
    },
  );

  const replacementsOf = async (roomId: string): Promise<string[]> =>
    (await logOf(roomserver)).flatMap(({ kind }) => {
      if (kind?.$case !== 'event' || kind.value.type !== 'm.room.create') return [];
      const { predecessor } = JSON.parse(kind.value.json).content;
      return predecessor?.room_id === roomId ? [kind.value.roomId] : [];
    });

  it.each(['11', '12'])('to version %s at once with others, on two processes, makes one room', async (version) => {
    const other = roomserver.openReplica();
    for (let round = 0; round < 10; round++) {
      const roomId = await makeRoom(roomserver, '11');
      await sent(roomserver, member(roomId, bob, bob, 'join'));
      await state(roomId, 'm.room.power_levels', { users: { [alice]: 100, [bob]: 100 } });
      // All three look at the room before one of them is at its end: their connections are there.
      await Promise.all([1, 2].map(() => other.service.queryRooms({ roomIds: [roomId] })));
      const answers = await Promise.all([
        upgrade(roomId, version),
        upgrade(roomId, version, { replica: other, userId: bob }),
        upgrade(roomId, version, { replica: other }),
      ]);
      const [made, ...more] = await replacementsOf(roomId);
      expect(more).toEqual([]);
      expect(answers).toContain(made);
      expect(answers.every((answer) => answer === made || answer === 'M_UNKNOWN')).toBe(true);
      expect(answers[2]).toBe(answers[0]);
      expect(await contents(roomId)).toMatchObject({ 'm.room.tombstone ': { replacement_room: made } });
    }
  });

  it('that was finished while another process looked is found finished', async () => {
    const other = roomserver.openReplica();
    for (let round = 0; round < 10; round++) {
      const roomId = await makeRoom(roomserver, '11');
      const first = upgrade(roomId, '12');
      const late = [upgrade(roomId, '12', { replica: other }), first.then(() => upgrade(roomId, '12'))];
      expect(new Set(await Promise.all([first, ...late])).size).toBe(1);
      expect(await replacementsOf(roomId)).toHaveLength(1);
    }
  });

  it('that broke off and may not be carried on gives way to another, and leaves no room', async () => {
    let abandoned = 0;
    for (let failAt = 3; failAt < 12; failAt++) {
      const roomId = await makeRoom(roomserver, '11');
      await sent(roomserver, member(roomId, bob, bob, 'join'));
      await state(roomId, 'm.room.power_levels', { users: { [alice]: 100, [bob]: 50 } });
      const replica = roomserver.openReplica();
      // A process that lost its database must not take up the removal of a room, which would wait for its next try.
      await replica.removals.stop();
      replica.writeDatabase.loseAllAfter(failAt);
      const first = await upgrade(roomId, '12', { replica, userId: bob }).catch(() => 'broken');
      if (first !== 'broken') break;
      await sent(roomserver, member(roomId, alice, bob, 'leave'));
      const second = await upgrade(roomId, '12');
      roomserver.removals.wake();
      await vi.waitUntil(() => roomserver.removals.isIdle, { timeout: 10_000 });
      const { rooms } = await roomserver.service.queryRooms({ roomIds: await replacementsOf(roomId) });
      const tombstone = (await contents(roomId))['m.room.tombstone '] as { replacement_room: string } | undefined;
      expect(rooms.map((room) => room.roomId)).toEqual([tombstone?.replacement_room]);
      if (second !== 'M_UNKNOWN') {
        expect(tombstone).toMatchObject({ replacement_room: second });
        abandoned += 1;
      }
    }
    expect(abandoned).toBeGreaterThan(0);
  });
});
