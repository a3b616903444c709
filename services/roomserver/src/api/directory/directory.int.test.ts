import { sql } from '@plexus/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  makeRoom,
  member,
  openRoomserver,
  publicRoom,
  sent,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
let roomId: string;
beforeAll(async () => {
  roomserver = await openRoomserver();
  roomId = await makeRoom(roomserver);
  await sent(roomserver, member(roomId, bob, bob, 'join'));
});
afterAll(() => roomserver.close());

const alias = '#room:example.org';

async function set(request: { alias: string; roomId: string; creator: string }) {
  return (await roomserver.service.setAlias(request)).error?.errcode;
}

describe('aliases', () => {
  it('point at rooms until their maker or an administrator of the room takes them away', async () => {
    const { service } = roomserver;
    expect(await set({ alias, roomId, creator: bob })).toBeUndefined();
    expect((await service.setAlias({ alias, roomId, creator: alice })).error?.status).toBe(409);
    expect((await service.resolveAliases({ aliases: [alias, '#none:example.org'] })).aliases).toEqual([
      { alias, roomId },
      { alias: '#none:example.org', roomId: undefined },
    ]);
    expect((await service.queryRooms({ roomIds: [roomId, '!none:example.org'] })).rooms).toEqual([
      { roomId, roomVersion: '11', aliases: [alias], published: false },
    ]);
    expect((await service.deleteAlias({ alias, userId: carol })).error?.errcode).toBe('M_FORBIDDEN');
    expect((await service.deleteAlias({ alias, userId: alice })).error).toBeUndefined();
    expect((await service.deleteAlias({ alias, userId: alice })).error?.errcode).toBe('M_NOT_FOUND');
    expect(await set({ alias, roomId, creator: bob })).toBeUndefined();
    expect((await service.deleteAlias({ alias, userId: bob })).error).toBeUndefined();
  });

  it('are refused when they are malformed, of another server, or point nowhere', async () => {
    expect(await set({ alias: 'room', roomId, creator: bob })).toBe('M_INVALID_PARAM');
    expect(await set({ alias: '#room:elsewhere.org', roomId, creator: bob })).toBe('M_INVALID_PARAM');
    expect(await set({ alias, roomId: '!none:example.org', creator: bob })).toBe('M_NOT_FOUND');
    expect(await set({ alias, roomId, creator: 'bob' })).toBe('M_INVALID_PARAM');
  });
});

describe('an alias is made', () => {
  it('by who is in the room, and by administrators', async () => {
    const aliasOfStranger = '#stranger:example.org';
    expect(await set({ alias: aliasOfStranger, roomId, creator: carol })).toBe('M_FORBIDDEN');
    await sent(roomserver, member(roomId, alice, carol, 'invite'));
    expect(await set({ alias: aliasOfStranger, roomId, creator: carol })).toBe('M_FORBIDDEN');
    const { service } = roomserver;
    const byAdministrator = { alias: aliasOfStranger, roomId, creator: carol, isAdministrator: true };
    expect((await service.setAlias(byAdministrator)).error).toBeUndefined();
    await sent(roomserver, member(roomId, carol, carol, 'join'));
    expect(await set({ alias: '#member:example.org', roomId, creator: carol })).toBeUndefined();
    await sent(roomserver, member(roomId, alice, carol, 'leave'));
    expect(await set({ alias: '#again:example.org', roomId, creator: carol })).toBe('M_FORBIDDEN');
  });

  it('never by who is removed at the same time', async () => {
    for (let round = 0; round < 20; round++) {
      await sent(roomserver, member(roomId, carol, carol, 'join'));
      const name = `#round${round}:example.org`;
      const kicked = sent(roomserver, member(roomId, alice, carol, 'leave'));
      const after = kicked.then(() => set({ alias: `${name.slice(0, -12)}x:example.org`, roomId, creator: carol }));
      await set({ alias: name, roomId, creator: carol });
      expect(await after).toBe('M_FORBIDDEN');
    }
  });

  it('with a name that people can see and tell, by /directory and with a room', async () => {
    for (const localpart of [
      '',
      ' ',
      'a b',
      'tab\t',
      'new\nline',
      '\u00a0',
      '\u3000',
      '\u200b',
      '\u2060\ufeff',
      '\u0301',
      'a\u0007',
    ]) {
      const bad = `#${localpart}:example.org`;
      expect(await set({ alias: bad, roomId, creator: bob }), JSON.stringify(bad)).toBe('M_INVALID_PARAM');
      const { result } = await roomserver.service.createRoom(publicRoom('11', { alias: bad }));
      expect(result, JSON.stringify(bad)).toMatchObject({ value: { errcode: 'M_INVALID_PARAM' } });
    }
    for (const localpart of ['Küche', '台所', 'a/b.c-d_e=f+g', '👩\u200d👧', '#'])
      expect(await set({ alias: `#${localpart}:example.org`, roomId, creator: bob })).toBeUndefined();
  });

  it('at most a thousand times by one user, and by application services as often as they like', async () => {
    const { service, database } = roomserver;
    const many = '@many:example.org';
    await sent(roomserver, member(roomId, many, many, 'join'));
    await database.query(
      sql(
        'test_many_aliases',
        `INSERT INTO roomserver.aliases (alias, room, creator)
         SELECT '#many' || n || ':example.org', (SELECT room FROM roomserver.rooms WHERE room_id = $1),
           (SELECT number FROM roomserver.users WHERE user_id = $2) FROM generate_series(1, 999) AS n`,
      ),
      [roomId, many],
    );
    expect(await set({ alias: '#last:example.org', roomId, creator: many })).toBeUndefined();
    expect(await set({ alias: '#beyond:example.org', roomId, creator: many })).toBe('M_RESOURCE_LIMIT_EXCEEDED');
    const room = publicRoom('11', { alias: '#beyond:example.org', creator: many });
    const events = room.events.map((each) => ({ ...each, stateKey: each.stateKey === alice ? many : each.stateKey }));
    const made = await service.createRoom({ ...room, events: events.slice(0, 1) });
    expect(made.result).toMatchObject({ value: { errcode: 'M_RESOURCE_LIMIT_EXCEEDED' } });
    const byBridge = { alias: '#beyond:example.org', roomId, creator: many, isAppservice: true };
    expect((await service.setAlias(byBridge)).error).toBeUndefined();
  });
});

describe('the directory of a network', () => {
  it('lists a room for a user of the bridge who is in it, and takes it off for anybody of the bridge', async () => {
    const bot = '@bot:example.org';
    const list = async (published: boolean) =>
      (await roomserver.service.setNetworkListing({ roomId, network: 'irc|net', published, userId: bot })).error
        ?.errcode;
    expect(await list(true)).toBe('M_FORBIDDEN');
    await sent(roomserver, member(roomId, bot, bot, 'join'));
    expect(await list(true)).toBeUndefined();
    await sent(roomserver, member(roomId, bot, bot, 'leave'));
    expect([await list(true), await list(false)]).toEqual(['M_FORBIDDEN', undefined]);
  });
});

describe('the room directory', () => {
  it('lists a room for those who may say so', async () => {
    const list = async (userId: string, room: string, published: boolean) =>
      (await roomserver.service.setDirectoryVisibility({ roomId: room, userId, published })).error?.errcode;
    expect(await list(bob, roomId, true)).toBe('M_FORBIDDEN');
    expect(await list(alice, '!none:example.org', true)).toBe('M_NOT_FOUND');
    expect(await list(alice, roomId, true)).toBeUndefined();
    expect((await roomserver.service.queryRooms({ roomIds: [roomId] })).rooms[0]?.published).toBe(true);
  });
});
