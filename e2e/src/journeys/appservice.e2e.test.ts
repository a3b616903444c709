import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, listAt, send, textAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';
import { type ScriptedBridge, startBridge } from './bridge.ts';

const asToken = 'as-token-of-the-test';

describe('a bridge', () => {
  let bridge: ScriptedBridge;
  let stack: Stack;
  let alice: User;
  let roomId: string;

  const asBridge = (method: string, path: string, body?: object) =>
    send(stack.url, method, path, { token: asToken, ...(body !== undefined && { body }) });
  const told = () => bridge.transactions.flatMap((transaction) => transaction.events);
  const isTold = (eventId: string) =>
    expect.poll(() => told().some((event) => at(event, 'event_id') === eventId), { timeout: 15_000 }).toBe(true);

  beforeAll(async () => {
    bridge = await startBridge();
    const file = join(await mkdtemp(join(tmpdir(), 'plexus-e2e-bridge-')), 'registration.yaml');
    const registration = {
      id: 'irc',
      url: bridge.url,
      as_token: asToken,
      hs_token: 'hs-token-of-the-test',
      sender_localpart: 'ircbot',
      rate_limited: false,
      namespaces: {
        users: [{ regex: '@irc_.*:localhost', exclusive: true }],
        aliases: [{ regex: '#irc_.*', exclusive: true }],
        rooms: [],
      },
    };
    await writeFile(file, JSON.stringify(registration));
    stack = await startStack('one', ['--appservice', file]);
    alice = await registerUser(stack.url, 'alice');
  }, 180_000);

  afterAll(async () => {
    bridge?.server.close();
    await stack?.[Symbol.asyncDispose]();
  });

  it('makes its users, and nobody else can', async () => {
    const made = await asBridge('POST', '/_matrix/client/v3/register', {
      type: 'm.login.application_service',
      username: 'irc_bob',
    });
    expect([made.status, textAt(made.json, 'user_id')]).toEqual([200, '@irc_bob:localhost']);
    const outside = await asBridge('POST', '/_matrix/client/v3/register', {
      type: 'm.login.application_service',
      username: 'carol',
    });
    expect([outside.status, textAt(outside.json, 'errcode')]).toEqual([400, 'M_EXCLUSIVE']);
    await expect(registerUser(stack.url, 'irc_mallory')).rejects.toThrow();
  });

  it('is told of its user being invited, and acts as that user', async () => {
    roomId = textAt(await alice.ok('POST', '/_matrix/client/v3/createRoom', { preset: 'private_chat' }), 'room_id');
    await alice.ok('POST', roomPath(roomId, 'invite'), { user_id: '@irc_bob:localhost' });
    await expect
      .poll(
        () =>
          told().some(
            (event) =>
              at(event, 'state_key') === '@irc_bob:localhost' && at(event, 'content', 'membership') === 'invite',
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
    const joined = await asBridge(
      'POST',
      `${roomPath(roomId, 'join')}?user_id=${encodeURIComponent('@irc_bob:localhost')}`,
      {},
    );
    expect(joined.status).toBe(200);
  });

  it('is told of what is said, with its token, each event once and in order', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) {
      const sent = await alice.ok('PUT', roomPath(roomId, `send/m.room.message/t${i}`), {
        msgtype: 'm.text',
        body: `${i}`,
      });
      ids.push(textAt(sent, 'event_id'));
    }
    await isTold(ids.at(-1) ?? '');
    const heard = told()
      .map((event) => at(event, 'event_id'))
      .filter((id) => typeof id === 'string' && ids.includes(id));
    expect(heard).toEqual(ids);
    expect(new Set(bridge.transactions.map((transaction) => transaction.authorization))).toEqual(
      new Set(['Bearer hs-token-of-the-test']),
    );
    expect(bridge.mostAtOnce()).toBe(1);
  });

  it('that fails gets the same transaction again, with the same id', async () => {
    const before = bridge.transactions.length;
    bridge.fail(2);
    const sent = await alice.ok('PUT', roomPath(roomId, 'send/m.room.message/again'), {
      msgtype: 'm.text',
      body: 'again',
    });
    await expect.poll(() => bridge.transactions.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(before + 3);
    const [first, second, third] = bridge.transactions.slice(before);
    expect([second?.id, second?.body, third?.id, third?.body]).toEqual([
      first?.id,
      first?.body,
      first?.id,
      first?.body,
    ]);
    expect(at(third?.events[0], 'event_id')).toBe(textAt(sent, 'event_id'));
  });

  it('that makes any request of its own gets at once what waited for the next try', async () => {
    const before = bridge.transactions.length;
    bridge.fail(4);
    await alice.ok('PUT', roomPath(roomId, 'send/m.room.message/alive'), { msgtype: 'm.text', body: 'alive' });
    await expect.poll(() => bridge.transactions.length, { timeout: 30_000 }).toBe(before + 4);
    const askedAt = performance.now();
    expect((await asBridge('GET', '/_matrix/client/v3/account/whoami')).status).toBe(200);
    await expect.poll(() => bridge.transactions.length, { timeout: 20_000 }).toBe(before + 5);
    // After four failures the next try is due in four to eight seconds.
    expect(performance.now() - askedAt).toBeLessThan(4_000);
  });

  it('gives its events the time of the other network, which others may not', async () => {
    const path = `${roomPath(roomId, 'send/m.room.message/old')}?ts=1234567890&user_id=${encodeURIComponent('@irc_bob:localhost')}`;
    const eventId = textAt((await asBridge('PUT', path, { msgtype: 'm.text', body: 'from 1970' })).json, 'event_id');
    const stored = await alice.ok('GET', roomPath(roomId, `event/${encodeURIComponent(eventId)}`));
    expect([at(stored, 'origin_server_ts'), at(stored, 'sender')]).toEqual([1234567890, '@irc_bob:localhost']);
    const sent = await alice.ok('PUT', `${roomPath(roomId, 'send/m.room.message/mine')}?ts=1`, {
      msgtype: 'm.text',
      body: 'x',
    });
    const own = await alice.ok('GET', roomPath(roomId, `event/${encodeURIComponent(textAt(sent, 'event_id'))}`));
    expect(at(own, 'origin_server_ts')).not.toBe(1);
  });

  it('cannot act as a user outside its namespace', async () => {
    const answer = await asBridge(
      'GET',
      `/_matrix/client/v3/account/whoami?user_id=${encodeURIComponent(alice.userId)}`,
    );
    expect(answer.status).toBe(403);
  });

  it('is pinged', async () => {
    const answer = await asBridge('POST', '/_matrix/client/v1/appservice/irc/ping', {});
    expect([answer.status, typeof at(answer.json, 'duration_ms')]).toEqual([200, 'number']);
    const other = await asBridge('POST', '/_matrix/client/v1/appservice/other/ping', {});
    expect([other.status, textAt(other.json, 'errcode')]).toEqual([403, 'M_FORBIDDEN']);
    expect(listAt(answer.json, 'errcode')).toEqual([]);
  });
});
