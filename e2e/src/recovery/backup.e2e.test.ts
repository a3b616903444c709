import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestDatabase, type TestNats, testNats, unusualDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedBridge, startBridge } from '../journeys/bridge.ts';
import { at, type Json, listAt, textAt } from '../stack/http-client.ts';
import { checkout, type Stack, startStack } from '../stack/stack.ts';
import { registerUser, roomPath, type User, userOf } from '../stack/user.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-e2e-backup-'));
const saved = join(folder, 'backup');
const picture = Buffer.from('the bytes of a picture');
let bridge: ScriptedBridge;
let before: Stack;
let database: TestDatabase;
let nats: TestNats;
let after: Stack | undefined;
let alice: User;
let bob: User;
let roomId: string;
let mediaUri: string;
/** By event id: what the room was told before, in the time that is kept and in the time that is lost. */
const told = new Map<string, string>();
const tokens: string[] = [];
/** Acknowledged before the backup began. */
let kept: string[] = [];

async function plexus(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(join(checkout, 'plexus'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { code: child.exitCode, output: output + errors };
}

let sent = 0;
async function say(): Promise<string> {
  const body = `message ${sent++}`;
  const answer = await alice.ok('PUT', roomPath(roomId, `send/m.room.message/t${sent}`), { msgtype: 'm.text', body });
  const eventId = textAt(answer, 'event_id');
  told.set(eventId, body);
  return eventId;
}

async function collectToken(): Promise<void> {
  const since = tokens.at(-1);
  const answer = await bob.ok(
    'GET',
    `/_matrix/client/v3/sync?timeout=0${since === undefined ? '' : `&since=${since}`}`,
  );
  tokens.push(textAt(answer, 'next_batch'));
}

async function history(user: User): Promise<Json[]> {
  const events: Json[] = [];
  for (let from: string | undefined; ; ) {
    const page: Json = await user.ok(
      'GET',
      roomPath(roomId, `messages?dir=b&limit=100${from === undefined ? '' : `&from=${from}`}`),
    );
    events.push(...listAt(page, 'chunk'));
    const end = at(page, 'end');
    if (typeof end !== 'string' || listAt(page, 'chunk').length === 0) return events;
    from = end;
  }
}

beforeAll(async () => {
  bridge = await startBridge();
  const registration = join(folder, 'registration.yaml');
  const namespaces = {
    users: [{ regex: '@irc_.*', exclusive: true }],
    aliases: [],
    rooms: [{ regex: '!.*', exclusive: false }],
  };
  writeFileSync(
    registration,
    JSON.stringify({
      id: 'irc',
      url: bridge.url,
      as_token: 'as',
      hs_token: 'hs',
      sender_localpart: 'ircbot',
      namespaces,
    }),
  );
  [before, database, nats] = await Promise.all([
    startStack('one', ['--appservice', registration]),
    unusualDatabase(`TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`),
    testNats(),
  ]);
  alice = await registerUser(before.url, 'alice');
  bob = await registerUser(before.url, 'bob');
  roomId = textAt(await alice.ok('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' }), 'room_id');
  await bob.ok('POST', `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  const upload = await fetch(`${before.url}/_matrix/media/v3/upload?filename=p.png`, {
    method: 'POST',
    headers: { authorization: `Bearer ${alice.token}`, 'content-type': 'image/png' },
    body: picture,
  });
  mediaUri = textAt((await upload.json()) as Json, 'content_uri');
}, 180_000);

afterAll(async () => {
  bridge?.server.close();
  await before?.[Symbol.asyncDispose]();
  await after?.[Symbol.asyncDispose]();
  await nats?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a backup', () => {
  it('is taken while messages flow, and is whole', async () => {
    for (let count = 0; count < 20; count++) await say();
    kept = [...told.keys()];
    await collectToken();
    let taken = false;
    const flow = (async () => {
      while (!taken) {
        await say();
        await collectToken();
      }
    })();
    const created = await plexus(
      'backup',
      'create',
      '--to',
      saved,
      '--config',
      join(before.data, 'run', 'config.json'),
    );
    taken = true;
    await flow;
    expect(created).toMatchObject({ code: 0, output: expect.stringContaining('1 files, 0.0 MB, 1 new') });
    expect(await plexus('backup', 'verify', saved)).toMatchObject({
      code: 0,
      output: expect.stringContaining('is whole: localhost'),
    });
  });

  it('is for its owner alone: no file of it is read by others', () => {
    const files = globSync('**/*', { cwd: saved, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.some(({ name }) => name.endsWith('.dump'))).toBe(true);
    const open = files.filter(({ parentPath, name }) => (statSync(join(parentPath, name)).mode & 0o077) !== 0);
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it('copies no file of media a second time, here or beside it', async () => {
    const config = join(before.data, 'run', 'config.json');
    const beside = join(folder, 'beside');
    const output = expect.stringContaining('1 files, 0.0 MB, 0 new');
    expect(await plexus('backup', 'create', '--to', beside, '--since', saved, '--config', config)).toMatchObject({
      code: 0,
      output,
    });
    expect(await plexus('backup', 'create', '--to', beside, '--config', config)).toMatchObject({ code: 0, output });
    expect(globSync(join(beside, 'database-*'))).toHaveLength(1);
    expect(await plexus('backup', 'verify', beside)).toMatchObject({ code: 0 });
  });

  it('is restored into an empty database, once', async () => {
    // The time that will be lost.
    for (let count = 0; count < 10; count++) await say();
    await collectToken();
    await expect
      .poll(() => bridge.transactions.flatMap(({ events }) => events).length, { timeout: 20_000 })
      .toBeGreaterThan(sent);
    await before.stop();
    const data = join(folder, 'restored');
    const config = join(folder, 'config.json');
    const whole = {
      serverName: 'localhost',
      publicBaseUrl: 'http://127.0.0.1',
      postgres: { url: database.url },
      nats: { servers: [nats.url] },
      signingKeyFile: join(data, 'keys', 'signing.key'),
      media: { directory: join(data, 'media') },
    };
    writeFileSync(config, JSON.stringify({ ...whole, serverName: 'other.example' }));
    expect(await plexus('backup', 'restore', saved, '--config', config)).toMatchObject({
      code: 2,
      output: expect.stringContaining('serverName: the backup is of localhost'),
    });
    writeFileSync(config, JSON.stringify(whole));
    expect(await plexus('backup', 'restore', saved, '--config', config)).toMatchObject({ code: 0 });
    expect(readFileSync(whole.signingKeyFile, 'utf8')).toBe(
      readFileSync(join(before.data, 'keys', 'signing.key'), 'utf8'),
    );
    expect(await plexus('backup', 'restore', saved, '--config', config)).toMatchObject({
      code: 1,
      output: expect.stringContaining('the database is not empty'),
    });
    after = await startStack('one', [
      ...['--data', data, '--postgres', database.url, '--nats', nats.url],
      ...['--appservice', join(folder, 'registration.yaml')],
    ]);
  });

  it('has lost nothing up to its moment: sessions, messages, media', async () => {
    const url = after?.url ?? '';
    const again = (user: User) =>
      userOf(url, { user_id: user.userId, access_token: user.token, device_id: user.deviceId });
    [alice, bob] = [again(alice), again(bob)];
    const found = new Map((await history(bob)).map((event) => [textAt(event, 'event_id'), event]));
    expect(kept.filter((eventId) => !found.has(eventId))).toEqual([]);
    const [mediaId] = mediaUri.split('/').slice(-1);
    const download = await fetch(`${url}/_matrix/client/v1/media/download/localhost/${mediaId}`, {
      headers: { authorization: `Bearer ${alice.token}` },
    });
    expect(Buffer.from(await download.arrayBuffer())).toEqual(picture);
  });

  it('every sync token ever given is answered, also those of the lost time', async () => {
    expect(tokens.length).toBeGreaterThan(2);
    for (const token of tokens) {
      const answer = await bob.call('GET', `/_matrix/client/v3/sync?timeout=0&since=${token}`);
      expect([200, 'M_UNKNOWN_POS']).toContain(answer.status === 200 ? 200 : at(answer.json, 'errcode'));
      if (answer.status === 200) expect(at(answer.json, 'rooms', 'join', roomId)).toBeDefined();
    }
  });

  it('no event id and no transaction id of a bridge comes again with other content', async () => {
    const lost = new Map(told);
    const transactions = new Map(bridge.transactions.map(({ id, body }) => [id, body]));
    for (let count = 0; count < 10; count++) {
      const eventId = await say();
      expect(lost.get(eventId) ?? told.get(eventId)).toBe(told.get(eventId));
    }
    const newest = [...told.keys()].at(-1);
    const isTold = () =>
      bridge.transactions.some(({ events }) => events.some((event) => at(event, 'event_id') === newest));
    await expect.poll(isTold, { timeout: 20_000 }).toBe(true);
    for (const { id, body } of bridge.transactions) expect(transactions.get(id) ?? body).toBe(body);
    for (const event of await history(alice)) {
      const body = lost.get(textAt(event, 'event_id'));
      if (body !== undefined) expect(at(event, 'content', 'body')).toBe(body);
    }
  });

  it('that is damaged is told', async () => {
    const [file] = globSync(join(saved, 'media', '*', '*', '*'));
    writeFileSync(file ?? '', 'other bytes');
    expect(await plexus('backup', 'verify', saved)).toMatchObject({
      code: 1,
      output: expect.stringContaining('media '),
    });
  });
});
