import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  makeRoom,
  member,
  openRoomserver,
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
