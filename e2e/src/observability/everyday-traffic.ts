import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { startLoad } from '../failures/load.ts';
import type { ScriptedBridge } from '../journeys/bridge.ts';
import { send, textAt } from '../stack/http-client.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';

const asToken = 'as-token-of-the-traffic';

/** A registration file of a bridge for the user @irc_bob, who is invited into rooms by the traffic. */
export async function registrationOf(bridge: ScriptedBridge): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'plexus-e2e-bridge-')), 'registration.yaml');
  await writeFile(
    file,
    JSON.stringify({
      id: 'irc',
      url: bridge.url,
      as_token: asToken,
      hs_token: 'hs-token-of-the-traffic',
      sender_localpart: 'ircbot',
      rate_limited: false,
      namespaces: { users: [{ regex: '@irc_.*:localhost', exclusive: true }], aliases: [], rooms: [] },
    }),
  );
  return file;
}

/**
 * What happens on a server in a day, in a few seconds: people sign in (one of them with a wrong password), talk, read, type, send pictures,
 * sign out; a bridge is in a room; strangers ask for what is not there.
 */
export async function everydayTraffic(base: string, federationUrl: string): Promise<void> {
  const load = await startLoad(base, { users: 3, rooms: 2 });
  const [alice, bob] = load.users;
  if (alice === undefined || bob === undefined) throw new Error('no users');
  await send(base, 'POST', '/_matrix/client/v3/register', {
    token: asToken,
    body: { type: 'm.login.application_service', username: 'irc_bob' },
  });
  await otherServers(federationUrl);
  const polling = [pollOften(bob, 6), pollOften(alice, 6)];
  for (const room of load.rooms) await oneRound(base, alice, room);
  await load.advance(60);
  await Promise.all(polling);
  await load.stop();
  for (const room of load.rooms) await oneRound(base, bob, room);
  await signIns(base);
  // Once more: a rate needs a count before it.
  await otherServers(federationUrl);
}

async function otherServers(federationUrl: string): Promise<void> {
  for (const path of ['/_matrix/key/v2/server', '/_matrix/federation/v1/version'])
    await asOtherServer(federationUrl + path);
}

async function oneRound(base: string, user: User, roomId: string): Promise<void> {
  await user.call('POST', roomPath(roomId, 'invite'), { user_id: '@irc_bob:localhost' });
  await user.ok('PUT', roomPath(roomId, `typing/${encodeURIComponent(user.userId)}`), { typing: true, timeout: 5_000 });
  const message = { msgtype: 'm.text', body: 'read this' };
  const sent = await user.ok('PUT', roomPath(roomId, `send/m.room.message/${randomUUID()}`), message);
  await user.ok('POST', roomPath(roomId, `receipt/m.read/${encodeURIComponent(textAt(sent, 'event_id'))}`), {});
  await user.ok('GET', roomPath(roomId, 'messages?dir=b&limit=20'));
  await user.ok('GET', roomPath(roomId, 'state'));
  await user.ok('GET', '/_matrix/client/v3/sync');
  const uploaded = await send(base, 'POST', '/_matrix/media/v3/upload?filename=dot.png', {
    token: user.token,
    body: blackSquare(200),
    headers: { 'content-type': 'image/png' },
  });
  const media = textAt(uploaded.json, 'content_uri').replace('mxc://', '');
  await user.ok('GET', `/_matrix/client/v1/media/download/${media}`);
  await user.call('GET', `/_matrix/client/v1/media/thumbnail/${media}?width=32&height=32&method=crop`);
  await user.call('GET', roomPath(roomId, 'none'));
  await send(base, 'GET', '/_matrix/client/v3/account/whoami', { token: 'nobody' });
}

/** Another server that believes any certificate. */
function asOtherServer(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { rejectUnauthorized: false }, (answer) => answer.resume().once('end', resolve));
    asked.once('error', reject);
    asked.end();
  });
}

/** A PNG of so many pixels in width and height. */
function blackSquare(size: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.writeUInt8(8, 8); // bits a pixel; all else is 0: grey, no filter, not interlaced
  const rows = deflateSync(Buffer.alloc(size * (size + 1)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', rows),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}

async function pollOften(user: User, times: number): Promise<void> {
  let since = textAt(await user.ok('GET', '/_matrix/client/v3/sync?timeout=0'), 'next_batch');
  for (let n = 0; n < times; n++)
    since = textAt(await user.ok('GET', `/_matrix/client/v3/sync?timeout=1000&since=${since}`), 'next_batch');
}

async function signIns(base: string): Promise<void> {
  const user = await registerUser(base);
  const login = (password: string) =>
    send(base, 'POST', '/_matrix/client/v3/login', {
      body: { type: 'm.login.password', identifier: { type: 'm.id.user', user: user.userId }, password },
    });
  await login('wrong');
  await user.ok('POST', '/_matrix/client/v3/logout', {});
}
