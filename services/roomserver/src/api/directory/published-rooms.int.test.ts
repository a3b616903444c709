import type { QueryPublishedRoomsRequest } from '@plexus/contracts/roomserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  event,
  makeRoom,
  member,
  openRoomserver,
  refusedWith,
  sent,
  stateOf,
  type TestRoomserver,
} from '../../testing/open-roomserver.ts';

let roomserver: TestRoomserver;
let small: string;
let large: string;
let space: string;
let hidden: string;
beforeAll(async () => {
  roomserver = await openRoomserver();
  const named = (name: string, rest = {}) =>
    makeRoom(roomserver, '11', { published: true, ...rest, ...withName(name) });
  small = await named('Small talk');
  large = await named('LARGE talk');
  space = await named('Everything', { creationContent: '{"type":"m.space"}' });
  hidden = await makeRoom(roomserver);
  for (const user of [bob, carol]) await sent(roomserver, member(large, user, user, 'join'));
  await sent(roomserver, member(space, bob, bob, 'join'));
});
afterAll(() => roomserver.close());

function withName(name: string) {
  return {
    events: [
      { type: 'm.room.member', stateKey: alice, content: '{"membership":"join"}' },
      { type: 'm.room.join_rules', stateKey: '', content: '{"join_rule":"public"}' },
      { type: 'm.room.name', stateKey: '', content: JSON.stringify({ name }) },
    ],
  };
}

function query(rest: Partial<QueryPublishedRoomsRequest> = {}) {
  const open = {
    limit: 10,
    since: '',
    searchTerm: '',
    anyType: true,
    roomTypes: [],
    untyped: false,
    networks: undefined,
  };
  return roomserver.service.queryPublishedRooms({ ...open, ...rest });
}

async function found(rest: Partial<QueryPublishedRoomsRequest>) {
  return (await query(rest)).rooms.map(({ roomId }) => roomId);
}

describe('the room directory', () => {
  it('lists what is published, the largest rooms first', async () => {
    const { rooms, totalEstimate, nextBatch, prevBatch } = await query();
    expect(rooms.map(({ roomId, joinedMembers }) => [roomId, joinedMembers])).toEqual([
      [large, 3],
      [space, 2],
      [small, 1],
    ]);
    expect({ totalEstimate, nextBatch, prevBatch }).toEqual({
      totalEstimate: 3,
      nextBatch: undefined,
      prevBatch: undefined,
    });
    expect(JSON.parse(rooms[1]?.summary ?? '')).toEqual({
      name: 'Everything',
      join_rule: 'public',
      room_type: 'm.space',
      world_readable: false,
      guest_can_join: false,
    });
  });

  it('is paged in both directions', async () => {
    const first = await query({ limit: 2 });
    expect(first.rooms.map(({ roomId }) => roomId)).toEqual([large, space]);
    const second = await query({ limit: 2, since: first.nextBatch ?? '' });
    expect(second.rooms.map(({ roomId }) => roomId)).toEqual([small]);
    expect(second.nextBatch).toBeUndefined();
    const back = await query({ limit: 1, since: second.prevBatch ?? '' });
    expect(back.rooms.map(({ roomId }) => roomId)).toEqual([space]);
    const backAgain = await query({ limit: 1, since: back.prevBatch ?? '' });
    expect(backAgain.rooms.map(({ roomId }) => roomId)).toEqual([large]);
    expect(backAgain.prevBatch).toBeUndefined();
    expect((await query({ since: 'x' })).error?.errcode).toBe('M_INVALID_PARAM');
  });

  it('is searched without regard to case, and filtered by type', async () => {
    expect(await found({ searchTerm: 'large' })).toEqual([large]);
    expect(await found({ searchTerm: 'TALK' })).toEqual([large, small]);
    expect(await found({ searchTerm: '%' })).toEqual([]);
    expect(await found({ anyType: false, roomTypes: ['m.space'] })).toEqual([space]);
    expect(await found({ anyType: false, untyped: true })).toEqual([large, small]);
    expect(await found({ anyType: false })).toEqual([]);
  });

  it('follows what rooms become', async () => {
    await sent(roomserver, event(small, alice, 'm.room.topic', { stateKey: '', content: { topic: 'nothing' } }));
    expect(await found({ searchTerm: 'nothing' })).toEqual([small]);
    await sent(roomserver, event(small, alice, 'm.room.topic', { stateKey: '', content: { topic: 'something' } }));
    expect(await found({ searchTerm: 'nothing' })).toEqual([]);
    await roomserver.service.setDirectoryVisibility({ roomId: small, userId: alice, published: false });
    expect(await found({})).toEqual([large, space]);
    await roomserver.service.setDirectoryVisibility({ roomId: small, userId: alice, published: true });
  });

  it("has the rooms of an application service's network apart", async () => {
    const network = 'irc|libera';
    expect(
      (await roomserver.service.setNetworkListing({ roomId: hidden, network, published: true })).error,
    ).toBeUndefined();
    expect(await found({})).not.toContain(hidden);
    expect(await found({ networks: { $case: 'network', value: network } })).toEqual([hidden]);
    expect(await found({ networks: { $case: 'network', value: 'irc|other' } })).toEqual([]);
    expect(await found({ networks: { $case: 'all', value: true } })).toEqual(expect.arrayContaining([hidden, large]));
    await roomserver.service.setNetworkListing({ roomId: hidden, network, published: false });
    expect(await found({ networks: { $case: 'all', value: true } })).not.toContain(hidden);
  });
});

describe('the canonical alias', () => {
  const alias = '#small:example.org';
  const setTo = (content: object) => event(small, alice, 'm.room.canonical_alias', { stateKey: '', content });

  it('must point at the room when it is added', async () => {
    expect(await refusedWith(roomserver, setTo({ alias }))).toBe('M_BAD_ALIAS');
    await roomserver.service.setAlias({ alias, roomId: large, creator: alice });
    expect(await refusedWith(roomserver, setTo({ alias }))).toBe('M_BAD_ALIAS');
    expect(await refusedWith(roomserver, setTo({ alt_aliases: [alias] }))).toBe('M_BAD_ALIAS');
    await roomserver.service.deleteAlias({ alias, userId: alice });
    await roomserver.service.setAlias({ alias, roomId: small, creator: alice });
    await sent(roomserver, setTo({ alias, alt_aliases: [alias] }));
    expect(await refusedWith(roomserver, setTo({ alias: 'small' }))).toBe('M_INVALID_PARAM');
    expect(await refusedWith(roomserver, setTo({ alt_aliases: [1] }))).toBe('M_INVALID_PARAM');
  });

  it('goes when the alias is deleted', async () => {
    await roomserver.service.deleteAlias({ alias, userId: alice });
    const canonical = (await stateOf(roomserver, small)).find(({ type }) => type === 'm.room.canonical_alias');
    expect(JSON.parse(canonical?.json ?? '').content).toEqual({ alt_aliases: [] });
  });
});
