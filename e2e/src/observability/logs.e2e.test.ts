import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, send, textAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { roomPath, type User, userOf } from '../stack/user.ts';
import { readLogs, secretsOf } from './log-files.ts';
import { whileReadOnly } from './outages.ts';

type Line = Readonly<Record<string, unknown>>;

const servers = ['postgres', 'nats', 'redis'];
const levels = ['debug', 'info', 'warn', 'error'];
const folder = mkdtempSync(join(tmpdir(), 'plexus-secret-'));
const registrationSecret = `registration-${randomUUID()}`;
/** All that clients said and got in this run that nobody may read in a log. */
const said = {
  password: `password-${randomUUID()}`,
  wrongPassword: `wrong-${randomUUID()}`,
  strangeToken: `token-${randomUUID()}`,
  message: `message-${randomUUID()}`,
  malformed: `malformed-${randomUUID()}`,
};

let stack: Stack;
let user: User;
let logs: Map<string, string>;
let lines: Line[];

beforeAll(async () => {
  const secretFile = join(folder, 'secret');
  writeFileSync(secretFile, registrationSecret, { mode: 0o600 });
  stack = await startStack('each', ['--registration-shared-secret-file', secretFile]);
  user = await register();
  await everydayRequests();
  await badRequests();
  await failingRequests();
  const secrets = await secretsOf(stack);
  Object.assign(said, Object.fromEntries(secrets.map((secret, index) => [`own secret ${index}`, secret])));
  await stack.stop();
  logs = await readLogs(stack);
  lines = [...logs].filter(([name]) => !servers.includes(name)).flatMap(([, text]) => linesOf(text));
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

it('every line of a service is JSON and tells its level, time and service', () => {
  expect([...logs.keys()].toSorted()).toEqual(
    expect.arrayContaining(['clientapi', 'gateway', 'roomserver', 'syncapi', 'userapi', ...servers]),
  );
  for (const [name, text] of logs) {
    if (servers.includes(name)) continue;
    expect(linesOf(text).length, name).toBeGreaterThan(0);
    for (const line of linesOf(text)) {
      expect(levels).toContain(line['level']);
      expect(new Date(String(line['time'])).toISOString()).toBe(line['time']);
      expect(line['service']).toBe(name);
      expect(line['message']).toBeTypeOf('string');
    }
  }
});

it('no log of the data folder holds a token, a password, a secret, a key or what was said', () => {
  const secrets = { ...said, registrationSecret, token: user.token };
  expect(Object.values(secrets).every((secret) => secret.length > 10)).toBe(true);
  const leaks = [...logs].flatMap(([name, text]) =>
    Object.entries(secrets).flatMap(([kind, secret]) => (text.includes(secret) ? [`${kind} in ${name}.log`] : [])),
  );
  expect(leaks).toEqual([]);
});

it('a request that failed is told of in every process it failed in, by one request id', () => {
  const failures = lines.filter((line) => 'operation' in line || line['message'] === 'a call between services failed');
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.filter(({ requestId }) => typeof requestId !== 'string' || requestId === '')).toEqual([]);
  const inUserapi = failures.find(({ service }) => service === 'userapi');
  const sameRequest = failures.filter(({ requestId }) => requestId === inUserapi?.['requestId']);
  expect(sameRequest.map(({ service }) => service)).toEqual(expect.arrayContaining(['userapi', 'clientapi']));
});

it('a service that is away is told of by the gateway, with the operation and without the path', () => {
  const away = lines.filter(({ message }) => message === 'the service that answers this is away');
  expect(away.length).toBeGreaterThan(0);
  expect(away.every(({ level, service }) => level === 'warn' && service === 'gateway')).toBe(true);
  expect(away.map(({ operation }) => operation)).toContain('client.sync');
});

async function register(): Promise<User> {
  const path = '/_matrix/client/v3/register';
  const body = { username: `u${randomUUID().slice(0, 8)}`, password: said.password };
  const first = await send(stack.url, 'POST', path, { body });
  const auth = { type: 'm.login.dummy', session: textAt(first.json, 'session') };
  return userOf(stack.url, (await send(stack.url, 'POST', path, { body: { ...body, auth } })).json);
}

function login(password: string): Promise<Answer> {
  const identifier = { type: 'm.id.user', user: user.userId };
  const body = { type: 'm.login.password', identifier, password };
  return send(stack.url, 'POST', '/_matrix/client/v3/login', { body, timeoutMs: 30_000 });
}

async function everydayRequests(): Promise<void> {
  expect((await login(said.password)).status).toBe(200);
  const made = await user.ok('POST', '/_matrix/client/v3/createRoom', { topic: said.message });
  const path = roomPath(textAt(made, 'room_id'), `send/m.room.message/${randomUUID()}`);
  await user.ok('PUT', path, { msgtype: 'm.text', body: said.message });
  expect((await send(stack.url, 'GET', `/_matrix/client/v3/sync?access_token=${user.token}`)).status).toBe(200);
}

async function badRequests(): Promise<void> {
  const query = `access_token=${said.strangeToken}`;
  expect((await login(said.wrongPassword)).status).toBe(403);
  expect((await send(stack.url, 'GET', `/_matrix/client/v3/sync?${query}`)).status).toBe(401);
  expect((await send(stack.url, 'DELETE', `/_matrix/client/v3/sync?${query}`)).status).toBe(405);
  expect((await send(stack.url, 'GET', `/no/such/path?${query}`)).status).toBe(404);
  const register = '/_synapse/admin/v1/register';
  const body = { nonce: 'none', username: 'x', password: said.wrongPassword, mac: said.strangeToken };
  expect((await send(stack.url, 'POST', register, { body })).status).toBeGreaterThanOrEqual(400);
  const malformed = `{"password": "${said.malformed}", `;
  expect((await send(stack.url, 'POST', '/_matrix/client/v3/login', { body: malformed })).status).toBe(400);
}

/** The database refuses what a login writes; a service is away while a request with a token in its query comes. */
async function failingRequests(): Promise<void> {
  await whileReadOnly(stack, () =>
    eventually('a login fails', async () => (await login(said.password)).status >= 500, 20_000),
  );
  const { pids } = await stack.state();
  const { syncapi = 0, up = 0 } = pids;
  // Its supervisor stands still, so that nobody starts it again meanwhile.
  process.kill(up, 'SIGSTOP');
  process.kill(syncapi, 'SIGKILL');
  const path = `/_matrix/client/v3/sync?access_token=${user.token}`;
  await eventually('sync is away', async () => (await send(stack.url, 'GET', path)).status === 503);
  process.kill(up, 'SIGCONT');
  await eventually('sync is back', async () => (await send(stack.url, 'GET', path)).status === 200, 30_000);
}

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
