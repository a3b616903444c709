import {
  ClientEvent,
  createClient,
  Direction,
  EventType,
  KnownMembership,
  type MatrixClient,
  Preset,
  RoomEvent,
  SyncState,
  Visibility,
} from 'matrix-js-sdk';
import type { Logger } from 'matrix-js-sdk/lib/logger.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exchange, openApiValidator } from '../openapi/validator.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { registerUser } from '../stack/user.ts';
import { recordingFetch } from './recording-fetch.ts';
import { until } from './waiting.ts';

const quiet: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
const versions = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];

let stack: Stack;
let alice: MatrixClient;
let bob: MatrixClient;
const exchanges: Exchange[] = [];

async function signedIn(name: string): Promise<MatrixClient> {
  const { userId, token, deviceId } = await registerUser(stack.url, name);
  const options = { baseUrl: stack.url, fetchFn: recordingFetch(exchanges), disableVoip: true, logger: quiet };
  const client = createClient({ ...options, accessToken: token, userId, deviceId });
  await client.startClient({ initialSyncLimit: 20 });
  await until(client, [ClientEvent.Sync], 'the first sync', () => client.getSyncState() === SyncState.Prepared);
  return client;
}

function membershipOf(client: MatrixClient, roomId: string, membership: string | undefined): Promise<unknown> {
  const events = [RoomEvent.MyMembership, ClientEvent.Room, ClientEvent.DeleteRoom, ClientEvent.Sync] as const;
  const what = `${client.getUserId()} ${membership} in ${roomId}`;
  return until(client, [...events], what, () => client.getRoom(roomId)?.getMyMembership() === membership);
}

beforeAll(async () => {
  stack = await startStack('one');
  [alice, bob] = await Promise.all([signedIn('alice'), signedIn('bob')]);
}, 180_000);

afterAll(async () => {
  alice?.stopClient();
  bob?.stopClient();
  await stack?.[Symbol.asyncDispose]();
});

describe('with matrix-js-sdk', () => {
  it('the server makes rooms of all twelve versions', async () => {
    const capabilities = await alice.getCapabilities();
    expect(Object.keys(capabilities['m.room_versions']?.available ?? {})).toEqual(versions);
  });

  it.each(versions)('two people live in a room of version %s: join, message, redaction, ban', async (room_version) => {
    const { room_id } = await alice.createRoom({ room_version, preset: Preset.PublicChat });
    await bob.joinRoom(room_id);
    await membershipOf(bob, room_id, KnownMembership.Join);
    const { event_id } = await bob.sendTextMessage(room_id, `version ${room_version}`);
    const heard = () => alice.getRoom(room_id)?.findEventById(event_id);
    await until(alice, [RoomEvent.Timeline], 'the message', () => heard() !== undefined);
    await alice.redactEvent(room_id, event_id);
    await until(alice, [RoomEvent.Redaction, ClientEvent.Sync], 'the redaction', () => heard()?.isRedacted() === true);
    await alice.ban(room_id, '@bob:localhost', 'enough');
    await membershipOf(bob, room_id, KnownMembership.Ban);
    await expect(bob.joinRoom(room_id)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
  });

  it('a room is found in the directory, joined by its alias, and leads to the room that replaces it', async () => {
    const { room_id } = await alice.createRoom({
      room_version: '11',
      visibility: Visibility.Public,
      preset: Preset.PublicChat,
      name: 'The Green Dragon',
      room_alias_name: 'dragon',
    });
    const found = await bob.publicRooms({ filter: { generic_search_term: 'green' } });
    expect(found.chunk).toMatchObject([
      { room_id, name: 'The Green Dragon', canonical_alias: '#dragon:localhost', num_joined_members: 1 },
    ]);
    expect((await bob.publicRooms({ filter: { generic_search_term: 'red' } })).chunk).toEqual([]);
    await bob.joinRoom('#dragon:localhost');
    await membershipOf(bob, room_id, KnownMembership.Join);
    await bob.setRoomTag(room_id, 'm.favourite', { order: 0.5 });
    const { replacement_room } = await alice.upgradeRoom(room_id, '12');
    const tombstone = () => bob.getRoom(room_id)?.currentState.getStateEvents(EventType.RoomTombstone, '');
    await until(bob, [RoomEvent.Timeline, ClientEvent.Sync], 'the tombstone', () => tombstone() != null);
    expect(tombstone()?.getContent()['replacement_room']).toBe(replacement_room);
    await bob.joinRoom(replacement_room);
    await membershipOf(bob, replacement_room, KnownMembership.Join);
    const room = bob.getRoom(replacement_room);
    expect(room?.findPredecessor()).toMatchObject({ roomId: room_id });
    expect(room?.getVersion()).toBe('12');
    expect(room?.getCanonicalAlias()).toBe('#dragon:localhost');
    await until(
      bob,
      [RoomEvent.Tags, ClientEvent.Sync],
      'the tag',
      () => 'm.favourite' in (bob.getRoom(replacement_room)?.tags ?? {}),
    );
    expect((await bob.getRoomIdForAlias('#dragon:localhost')).room_id).toBe(replacement_room);
  });

  it('a room that is left can be forgotten', async () => {
    const { room_id } = await alice.createRoom({ preset: Preset.PublicChat });
    await bob.joinRoom(room_id);
    await membershipOf(bob, room_id, KnownMembership.Join);
    await expect(bob.forget(room_id)).rejects.toMatchObject({ errcode: 'M_UNKNOWN' });
    await bob.leave(room_id);
    await membershipOf(bob, room_id, KnownMembership.Leave);
    expect((await bob.createMessagesRequest(room_id, null, 5, Direction.Backward)).chunk.length).toBeGreaterThan(0);
    await bob.forget(room_id);
    expect(bob.getRoom(room_id)).toBeNull();
    await expect
      .poll(() => bob.createMessagesRequest(room_id, null, 5, Direction.Backward).catch((error) => error.errcode), {
        timeout: 10_000,
      })
      .toBe('M_FORBIDDEN');
    await expect(bob.roomState(room_id)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
  });

  it('a space shows what is in it', async () => {
    const space = await alice.createRoom({
      preset: Preset.PublicChat,
      name: 'Town',
      creation_content: { type: 'm.space' },
    });
    const inn = await alice.createRoom({ preset: Preset.PublicChat, name: 'Inn' });
    const vault = await alice.createRoom({ preset: Preset.PrivateChat, name: 'Vault' });
    for (const [child, order] of [
      [inn, 'b'],
      [vault, 'a'],
    ] as const)
      await alice.sendStateEvent(space.room_id, EventType.SpaceChild, { via: ['localhost'], order }, child.room_id);
    const names = async (client: MatrixClient) =>
      (await client.getRoomHierarchy(space.room_id)).rooms.map((room) => room.name);
    expect(await names(alice)).toEqual(['Town', 'Vault', 'Inn']);
    expect(await names(bob)).toEqual(['Town', 'Inn']);
    const { rooms, next_batch } = await alice.getRoomHierarchy(space.room_id, 2);
    expect(rooms).toHaveLength(2);
    expect((await alice.getRoomHierarchy(space.room_id, 2, undefined, undefined, next_batch)).rooms).toHaveLength(1);
    expect(await bob.getRoomSummary(inn.room_id)).toMatchObject({ name: 'Inn', num_joined_members: 1 });
    await expect(bob.getRoomSummary(vault.room_id)).rejects.toMatchObject({ errcode: 'M_NOT_FOUND' });
  });

  it('the answers are as the specification says', () => {
    const validator = openApiValidator();
    if (validator === undefined) return;
    expect([...new Set(exchanges.flatMap((exchange) => validator.check(exchange)))]).toEqual([]);
  });
});
