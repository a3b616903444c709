import {
  ClientEvent,
  createClient,
  Direction,
  EventType,
  type MatrixClient,
  type MatrixEvent,
  Method,
  MsgType,
  RelationType,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
  SyncState,
} from 'matrix-js-sdk';
import type { Logger } from 'matrix-js-sdk/lib/logger.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exchange, openApiValidator } from '../openapi/validator.ts';
import { layouts, type Stack, startStack } from '../stack/stack.ts';
import { recordingFetch } from './recording-fetch.ts';
import { until } from './waiting.ts';

/** The client says much at every step; what matters is in the assertions. */
const quiet: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
const password = 'correct horse battery staple';

describe.each(layouts)('two people with matrix-js-sdk, layout %s', (layout) => {
  const exchanges: Exchange[] = [];
  let stack: Stack;
  let alice: MatrixClient;
  let bob: MatrixClient;
  let roomId: string;

  const signedIn = async (name: string): Promise<MatrixClient> => {
    const options = { baseUrl: stack.url, fetchFn: recordingFetch(exchanges), disableVoip: true, logger: quiet };
    const anonymous = createClient(options);
    const auth = (session: string) => ({ type: 'm.login.dummy', session });
    const flows = await anonymous.registerRequest({ username: name, password }).catch((error) => error.data);
    await anonymous.registerRequest({ username: name, password, auth: auth(flows.session), inhibit_login: true });
    const session = await anonymous.loginRequest({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: name },
      password,
      initial_device_display_name: 'test',
    });
    const client = createClient({
      ...options,
      accessToken: session.access_token,
      userId: session.user_id,
      deviceId: session.device_id,
    });
    await client.startClient({ initialSyncLimit: 20 });
    await until(client, [ClientEvent.Sync], 'the first sync', () => client.getSyncState() === SyncState.Prepared);
    return client;
  };

  const seenBy = (client: MatrixClient, what: string, match: (event: MatrixEvent) => boolean): Promise<MatrixEvent> =>
    until(client, [RoomEvent.Timeline, RoomEvent.Redaction], what, () =>
      client.getRoom(roomId)?.getLiveTimeline().getEvents().find(match),
    );

  beforeAll(async () => {
    stack = await startStack(layout);
    [alice, bob] = await Promise.all([signedIn('alice'), signedIn('bob')]);
  }, 180_000);

  afterAll(async () => {
    alice?.stopClient();
    bob?.stopClient();
    await stack?.[Symbol.asyncDispose]();
  });

  it('register and sign in', async () => {
    expect((await alice.whoami()).user_id).toBe('@alice:localhost');
    expect(alice.getUserId()).toBe('@alice:localhost');
    expect(bob.getDeviceId()).toBeTruthy();
  });

  it('meet in a room: create, invite, join', async () => {
    const invited = until(bob, [ClientEvent.Room, RoomEvent.MyMembership], 'the invite', () =>
      bob.getRooms().find((room) => room.getMyMembership() === 'invite'),
    );
    const created = await alice.createRoom({ name: 'The kitchen', topic: 'tea', invite: ['@bob:localhost'] });
    roomId = created.room_id;
    const room = await invited;
    expect(room.roomId).toBe(roomId);
    expect(room.name).toBe('The kitchen');
    await bob.joinRoom(roomId);
    await until(
      alice,
      [RoomMemberEvent.Membership, RoomStateEvent.Members],
      'bob among the members',
      () => alice.getRoom(roomId)?.getMember('@bob:localhost')?.membership === 'join',
    );
    await until(
      bob,
      [RoomEvent.MyMembership, ClientEvent.Room],
      'the own join',
      () => bob.getRoom(roomId)?.getMyMembership() === 'join',
    );
  });

  it('talk', async () => {
    const { event_id } = await alice.sendTextMessage(roomId, 'hello bob 🫖');
    const heard = await seenBy(bob, 'the message', (event) => event.getId() === event_id);
    expect(heard.getContent()).toMatchObject({ msgtype: MsgType.Text, body: 'hello bob 🫖' });
    await seenBy(alice, 'the own echo', (event) => event.getId() === event_id && !event.status);
    const own = alice
      .getRoom(roomId)
      ?.getLiveTimeline()
      .getEvents()
      .filter((event) => event.getId() === event_id);
    expect(own).toHaveLength(1);
  });

  it('see each other type, and stop', async () => {
    const typing = (wanted: boolean) =>
      until(alice, [RoomMemberEvent.Typing], `bob typing: ${wanted}`, () => {
        const member = alice.getRoom(roomId)?.getMember('@bob:localhost');
        return member?.typing === wanted;
      });
    await bob.sendTyping(roomId, true, 30_000);
    await typing(true);
    await bob.sendTyping(roomId, false, 0);
    await typing(false);
  });

  it('react', async () => {
    const { event_id } = await alice.sendTextMessage(roomId, 'cake?');
    await seenBy(bob, 'the question', (event) => event.getId() === event_id);
    await bob.sendEvent(roomId, EventType.Reaction, {
      'm.relates_to': { rel_type: RelationType.Annotation, event_id, key: '👍' },
    });
    const reaction = await seenBy(alice, 'the reaction', (event) => event.getType() === EventType.Reaction);
    expect(reaction.getRelation()).toMatchObject({ event_id, key: '👍' });
  });

  it('take back what was said', async () => {
    const { event_id } = await alice.sendTextMessage(roomId, 'a secret');
    await seenBy(bob, 'the secret', (event) => event.getId() === event_id);
    await alice.redactEvent(roomId, event_id, undefined, { reason: 'oops' });
    await seenBy(bob, 'the redaction', (event) => event.getId() === event_id && event.isRedacted());
    const stored = await bob.fetchRoomEvent(roomId, event_id);
    expect(stored.content).toEqual({});
  });

  it('read: a receipt arrives', async () => {
    const { event_id } = await alice.sendTextMessage(roomId, 'read me');
    const event = await seenBy(bob, 'the message', (found) => found.getId() === event_id);
    await bob.sendReadReceipt(event);
    await until(
      alice,
      [RoomEvent.Receipt],
      "bob's receipt",
      () => alice.getRoom(roomId)?.getEventReadUpTo('@bob:localhost', true) === event_id,
    );
  });

  it('share a picture', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const { content_uri } = await alice.uploadContent(png, { name: 'dot.png', type: 'image/png' });
    await alice.sendMessage(roomId, { msgtype: MsgType.Image, body: 'dot.png', url: content_uri });
    await seenBy(bob, 'the picture', (event) => event.getContent()['url'] === content_uri);
    const url = bob.mxcUrlToHttp(content_uri, undefined, undefined, undefined, false, true, true);
    const download = await fetch(url ?? '', { headers: { authorization: `Bearer ${bob.getAccessToken()}` } });
    expect(download.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await download.arrayBuffer()).equals(png)).toBe(true);
    const anonymous = await fetch(url ?? '');
    expect(anonymous.status).toBe(401);
  });

  it('page back through what was said', async () => {
    const page = await bob.createMessagesRequest(roomId, null, 100, Direction.Backward);
    const bodies = page.chunk.map((event) => event.content['body']).filter(Boolean);
    expect(bodies).toEqual(expect.arrayContaining(['hello bob 🫖', 'cake?', 'read me', 'dot.png']));
    expect(bodies).not.toContain('a secret');
  });

  it('keep house: names, notes to themselves, who is there', async () => {
    await alice.setDisplayName('Alice of the kitchen');
    await until(
      bob,
      [RoomMemberEvent.Name, RoomStateEvent.Members],
      'the new name',
      () => bob.getRoom(roomId)?.getMember('@alice:localhost')?.rawDisplayName === 'Alice of the kitchen',
    );
    expect((await bob.getProfileInfo('@alice:localhost')).displayname).toBe('Alice of the kitchen');
    await alice.setRoomTopic(roomId, 'coffee');
    expect(await bob.getStateEvent(roomId, 'm.room.topic', '')).toMatchObject({ topic: 'coffee' });
    expect((await bob.roomState(roomId)).length).toBeGreaterThan(6);
    await alice.setRoomAccountData(roomId, EventType.Tag, { tags: { 'm.favourite': { order: 0.5 } } });
    await until(
      alice,
      [RoomEvent.AccountData],
      'the own note',
      () => alice.getRoom(roomId)?.getAccountData(EventType.Tag)?.getContent()['tags']['m.favourite'].order === 0.5,
    );
    await alice.setRoomReadMarkers(roomId, alice.getRoom(roomId)?.getLastLiveEvent()?.getId() ?? '');
    expect(Object.keys((await alice.getJoinedRoomMembers(roomId)).joined).sort()).toEqual([
      '@alice:localhost',
      '@bob:localhost',
    ]);
    expect((await alice.members(roomId, 'join'))['chunk']).toHaveLength(2);
    expect((await bob.getJoinedRooms()).joined_rooms).toEqual([roomId]);
    expect((await alice.getCapabilities())['m.room_versions']?.default).toBeTruthy();
  });

  it('give the room an address, and find it by that', async () => {
    await alice.createAlias('#kitchen:localhost', roomId);
    expect(await bob.getRoomIdForAlias('#kitchen:localhost')).toMatchObject({ room_id: roomId });
    expect((await alice.getLocalAliases(roomId)).aliases).toEqual(['#kitchen:localhost']);
    await alice.deleteAlias('#kitchen:localhost');
    await expect(bob.getRoomIdForAlias('#kitchen:localhost')).rejects.toMatchObject({ errcode: 'M_NOT_FOUND' });
  });

  it('name their devices', async () => {
    await alice.setDeviceDetails(alice.getDeviceId() ?? '', { display_name: 'the laptop' });
    expect((await alice.getDevices()).devices.map((device) => device.display_name)).toContain('the laptop');
  });

  it('look around an event', async () => {
    const timeline = alice.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [];
    const middle = timeline[Math.floor(timeline.length / 2)]?.getId() ?? '';
    const context = await alice.http.authedRequest<{ event: { event_id: string } }>(
      Method.Get,
      `/rooms/${encodeURIComponent(roomId)}/context/${encodeURIComponent(middle)}`,
      { limit: '6' },
    );
    expect(context.event.event_id).toBe(middle);
  });

  it('throw out, forbid, forgive and invite again', async () => {
    const membership = (wanted: string) =>
      until(
        bob,
        [RoomEvent.MyMembership, ClientEvent.Room],
        `bob to be at ${wanted}`,
        () => bob.getRoom(roomId)?.getMyMembership() === wanted,
      );
    await alice.kick(roomId, '@bob:localhost', 'a minute outside');
    await membership('leave');
    await alice.ban(roomId, '@bob:localhost');
    await expect(bob.joinRoom(roomId)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
    await alice.unban(roomId, '@bob:localhost');
    await alice.invite(roomId, '@bob:localhost');
    await membership('invite');
    await bob.joinRoom(roomId);
    await membership('join');
  });

  it('leave, and hear no more', async () => {
    await bob.leave(roomId);
    await until(
      alice,
      [RoomMemberEvent.Membership, RoomStateEvent.Members],
      'bob gone',
      () => alice.getRoom(roomId)?.getMember('@bob:localhost')?.membership === 'leave',
    );
    await expect(bob.sendTextMessage(roomId, 'still here?')).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' });
  });

  it('sign out: the token ends everywhere at once', async () => {
    const token = alice.getAccessToken();
    await alice.logout(true);
    for (const path of ['account/whoami', 'sync', 'joined_rooms']) {
      const answer = await fetch(`${stack.url}/_matrix/client/v3/${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });

  it('every exchange was as the specification has it', () => {
    expect(exchanges.length).toBeGreaterThan(40);
    const validator = openApiValidator();
    if (validator === undefined) return;
    const problems = new Set(exchanges.flatMap((exchange) => validator.check(exchange)));
    expect([...problems]).toEqual([]);
    expect(validator.seen.size).toBeGreaterThan(35);
  });
});
