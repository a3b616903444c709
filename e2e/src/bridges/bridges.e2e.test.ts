import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@plexus/cli/servers';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, type Json, listAt, textAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';
import { type Appservice, botSdkAppservice } from './bot-sdk.ts';
import { generateRegistration, type Heisenbridge, startHeisenbridge } from './heisenbridge.ts';
import { Inbox } from './inbox.ts';
import { type IrcPerson, type IrcServer, ircPerson, startIrcServer } from './irc-server.ts';

let folder: string;
let stack: Stack;
let alice: User;
let inbox: Inbox;
let registration: Awaited<ReturnType<typeof ghostRegistration>>;
const files = { ghosts: '', irc: '' };

async function ghostRegistration() {
  const [port = 0] = await freePorts(1);
  return {
    id: 'ghosts',
    url: `http://127.0.0.1:${port}`,
    port,
    as_token: 'as-token-of-the-ghosts',
    hs_token: 'hs-token-of-the-ghosts',
    sender_localpart: 'ghostbot',
    rate_limited: false,
    namespaces: {
      users: [{ regex: '@ghost_.*', exclusive: true }],
      aliases: [{ regex: '#ghost_.*', exclusive: true }],
      rooms: [],
    },
  };
}

const say = (roomId: string, body: string) =>
  alice.ok('PUT', roomPath(roomId, `send/m.room.message/${randomUUID()}`), { msgtype: 'm.text', body });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plexus-e2e-bridges-'));
  files.ghosts = join(folder, 'ghosts.yaml');
  files.irc = join(folder, 'heisenbridge.yaml');
  registration = await ghostRegistration();
  await writeFile(files.ghosts, JSON.stringify(registration));
  await generateRegistration(files.irc);
  stack = await startStack('one', ['--appservice', files.ghosts, '--appservice', files.irc], { rateLimits: true });
  alice = await registerUser(stack.url, 'alice');
  inbox = new Inbox(alice);
}, 240_000);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a bridge written with matrix-bot-sdk', () => {
  let appservice: Appservice;
  const queried: string[] = [];
  const heard: { roomId: string; event: Json }[] = [];

  beforeAll(async () => {
    appservice = botSdkAppservice({
      port: registration.port,
      bindAddress: '127.0.0.1',
      homeserverName: 'localhost',
      homeserverUrl: stack.url,
      registration,
    });
    appservice.on('query.user', (userId, create) => {
      queried.push(userId);
      create(userId.startsWith('@ghost_no') ? false : { display_name: `${userId} on demand` });
    });
    appservice.on('query.room', (alias, create) => {
      queried.push(alias);
      create(alias.startsWith('#ghost_no') ? false : { name: 'Made on demand', preset: 'public_chat' });
    });
    appservice.on('room.message', (roomId, event) => heard.push({ roomId, event }));
    appservice.on('room.invite', (roomId, event) => {
      const invited = textAt(event, 'state_key');
      if (invited.startsWith('@ghost_')) void appservice.getIntentForUserId(invited).joinRoom(roomId);
    });
    await appservice.begin();
  }, 120_000);

  afterAll(() => appservice?.stop());

  it('registers its bot and a ghost, which have a profile and speak', async () => {
    const ghost = appservice.getIntentForUserId('@ghost_first:localhost');
    await ghost.ensureRegistered();
    await ghost.underlyingClient.setDisplayName('The first ghost');
    expect(await ghost.underlyingClient.getUserProfile(ghost.userId)).toEqual({ displayname: 'The first ghost' });
    const roomId = await appservice.botIntent.underlyingClient.createRoom({ preset: 'public_chat' });
    await alice.ok('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
    await ghost.joinRoom(roomId);
    await ghost.sendText(roomId, 'boo');
    await inbox.message(roomId, /^boo$/, '@ghost_first:localhost');
    await say(roomId, 'who is there?');
    await eventually('the bridge hears', () =>
      heard.some(({ event }) => at(event, 'content', 'body') === 'who is there?'),
    );
  });

  it('makes a ghost on demand when somebody invites it, which joins and answers', async () => {
    const userId = '@ghost_on_demand:localhost';
    const room = await alice.ok('POST', '/_matrix/client/v3/createRoom', { preset: 'private_chat' });
    const roomId = textAt(room, 'room_id');
    await alice.ok('POST', roomPath(roomId, 'invite'), { user_id: userId });
    expect(queried).toContain(userId);
    await inbox.event('the ghost joins', ({ event }) => {
      return at(event, 'state_key') === userId && at(event, 'content', 'membership') === 'join';
    });
    const profile = await alice.ok('GET', `/_matrix/client/v3/profile/${userId}`);
    expect(at(profile, 'displayname')).toBe(`${userId} on demand`);
    await appservice.getIntentForUserId(userId).sendText(roomId, 'you called?');
    await inbox.message(roomId, /^you called\?$/, userId);
  });

  it('makes a room on demand when somebody joins its alias', async () => {
    const joined = await alice.ok('POST', `/_matrix/client/v3/join/${encodeURIComponent('#ghost_tea:localhost')}`, {});
    const aliases = await alice.ok('GET', roomPath(textAt(joined, 'room_id'), 'aliases'));
    expect(listAt(aliases, 'aliases')).toEqual(['#ghost_tea:localhost']);
    const none = await alice.call('POST', `/_matrix/client/v3/join/${encodeURIComponent('#ghost_none:localhost')}`, {});
    expect([none.status, textAt(none.json, 'errcode')]).toEqual([404, 'M_NOT_FOUND']);
  });
});

describe('heisenbridge, with a real IRC server', () => {
  let irc: IrcServer;
  let bob: IrcPerson;
  let bridge: Heisenbridge;

  beforeAll(async () => {
    irc = await startIrcServer();
    bob = await ircPerson(irc.port, 'bob');
    bob.send('JOIN #tea');
    bridge = startHeisenbridge(files.irc, stack.url, alice.userId);
    await eventually('heisenbridge runs', () => isUp() || bridge.failure() !== undefined, 60_000);
    const failure = bridge.failure();
    if (failure !== undefined) throw new Error(`${failure.message}:\n${bridge.output()}`);
  }, 180_000);

  afterAll(async () => {
    bob?.close();
    await bridge?.[Symbol.asyncDispose]();
    await irc?.[Symbol.asyncDispose]();
  });

  const isUp = () => bridge.output().includes('bridge is now running');
  const named = (name: RegExp) => (state: Json) =>
    listAt(state).some((event) => {
      const text = at(event, 'content', 'name');
      return typeof text === 'string' && name.test(text);
    });

  it('lets a person on Matrix and one on IRC talk to each other', async () => {
    const made = await alice.ok('POST', '/_matrix/client/v3/createRoom', {
      preset: 'private_chat',
      is_direct: true,
      invite: ['@heisenbridge:localhost'],
    });
    const management = textAt(made, 'room_id');
    await inbox.message(management, /commands are supported/, '@heisenbridge:localhost');
    await say(management, 'ADDNETWORK test');
    await inbox.message(management, /added/i);
    await say(management, `ADDSERVER test 127.0.0.1 ${irc.port}`);
    await inbox.message(management, /Server added/i);
    await say(management, 'OPEN test');
    const network = await inbox.joinInvited('the room of the network', named(/test/));
    await say(network, 'NICK alice');
    await say(network, 'CONNECT');
    await inbox.message(network, /Welcome to the Internet Relay Network/);
    await say(network, 'JOIN #tea');
    const channel = await inbox.joinInvited('the room of the channel', named(/#tea/));
    await eventually(
      'alice is in the channel',
      () => bob.lines.some((line) => /^:alice!\S+ JOIN :?#tea/.test(line)),
      30_000,
    );
    bob.send('PRIVMSG #tea :hello from IRC');
    const received = await inbox.message(channel, /^hello from IRC$/);
    expect(at(received.event, 'sender')).toBe('@irc_test_bob:localhost');
    await say(channel, 'hello from Matrix');
    await eventually(
      'bob reads what alice says',
      () => bob.lines.some((line) => /^:alice!\S+ PRIVMSG #tea :hello from Matrix$/.test(line)),
      30_000,
    );
  });
});
