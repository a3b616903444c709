import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, sharedServer, type TestDatabase, type TestNats, testDatabase, testNats } from '@plexus/testkit';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkout } from '../infrastructure/checkout.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { serviceNames } from '../service-modules.ts';
import { addAdminCommand } from './admin.ts';
import { expiryOf } from './admin-registration-token.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-admin-'));
const main = join(checkout, 'cli', 'src', 'main.ts');
const password = 'correct horse battery staple';
const lines: Record<string, unknown>[] = [];
let database: TestDatabase;
let nats: TestNats;
let server: ReturnType<typeof spawn>;
let url: string;
let rpcPort: number;
let names = 0;

const base = (): Record<string, unknown> => ({
  serverName: 'example.org',
  publicBaseUrl: 'http://127.0.0.1',
  postgres: { url: database.url },
  nats: { servers: [nats.url] },
  signingKeyFile: join(folder, 'signing.key'),
  media: { directory: join(folder, 'media') },
  listen: { http: { host: '127.0.0.1', port: 0 } },
  federation: { enabled: false },
  rpc: { token: 'the token of the server' },
  registration: { requireToken: true },
  passwords: { memoryKib: 8, iterations: 1 },
  rateLimits: { enabled: false },
  logLevel: 'info',
});

/** Every form of configuration that `run` takes; the commands take it too. */
const configurations: Readonly<Record<string, () => object>> = {
  'of one process that has a port for calls': () => ({ listen: { rpc: { host: '0.0.0.0', port: rpcPort } } }),
  'of one process without such a port': () => ({}),
  'of services in several processes': () => ({
    services: { userapi: { rpc: [`127.0.0.1:${rpcPort}`] } },
    redis: { url: 'redis://127.0.0.1:1' },
  }),
  'of services that are found by name': () => ({
    services: { userapi: { replicas: 'dns', rpc: [`localhost:${rpcPort}`] } },
    redis: { url: 'redis://127.0.0.1:1' },
  }),
};

function configFile(over: object = {}): string {
  const path = join(folder, `config-${++names}.json`);
  writeFileSync(path, JSON.stringify({ ...base(), ...over }));
  return path;
}

const portConfig = () => configFile(configurations['of one process that has a port for calls']?.());

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A command as a process of its own, which alone has a standard input. */
function processOf(args: readonly string[], input: string, env: object = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, 'admin', ...args],
      { env: { ...process.env, ...env }, cwd: folder },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}

/** A command in this process. @throws CliError when it fails */
async function done(args: readonly string[]): Promise<string> {
  const program = new Command().exitOverride();
  addAdminCommand(program);
  const log = vi.spyOn(console, 'log').mockReturnValue();
  try {
    await program.parseAsync(['admin', ...args], { from: 'user' });
    return log.mock.calls.map((call) => `${call.join(' ')}\n`).join('');
  } finally {
    log.mockRestore();
  }
}

async function withPassword(args: readonly string[], input: string): Promise<string> {
  const { code, output } = await processOf([...args, '--password-stdin'], input);
  expect({ code, output }).toMatchObject({ code: 0 });
  return output;
}

async function login(user: string, secret: string) {
  const body = JSON.stringify({ type: 'm.login.password', user, password: secret });
  const response = await fetch(`${url}/_matrix/client/v3/login`, { method: 'POST', body });
  const answer: unknown = await response.json();
  return { status: response.status, token: String(Object(answer)['access_token']) };
}

const whoami = async (token: string) =>
  (await fetch(`${url}/_matrix/client/v3/account/whoami`, { headers: { authorization: `Bearer ${token}` } })).status;

beforeAll(async () => {
  [database, nats] = await Promise.all([
    testDatabase(serviceNames.filter((name) => !['clientapi', 'typing'].includes(name))),
    testNats(),
    sharedServer('redis'),
  ]);
  [rpcPort = 0] = await freePorts(1);
  const key = Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '');
  writeFileSync(join(folder, 'signing.key'), `ed25519 a_1 ${key}\n`);
  const listen = { http: { host: '127.0.0.1', port: 0 }, rpc: { host: '127.0.0.1', port: rpcPort } };
  const args = [main, 'run', 'all', '--config', configFile({ listen })];
  server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (server.stdout !== null)
    createInterface({ input: server.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const started = () => lines.find((line) => line['message'] === 'started');
  await eventually('it runs', () => started() !== undefined, 60_000);
  url = `http://127.0.0.1:${Object(started()?.['http'])['port']}`;
});
afterAll(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
  await database.drop();
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(Object.keys(configurations))('with a configuration %s', (name) => {
  it('every administrative command works', { timeout: 60_000 }, async () => {
    const config = ['--config', configFile(configurations[name]?.())];
    const user = `user${++names}`;
    const userId = `@${user}:example.org`;
    expect(await withPassword(['user', 'create', user, ...config], `${password}\n`)).toContain(`${userId} made`);
    const session = await login(user, password);
    expect(session.status).toBe(200);
    expect(await done(['user', 'list', ...config])).toContain(userId);
    await done(['user', 'promote', user, ...config]);
    const shown: unknown = JSON.parse(await done(['user', 'show', user.toUpperCase(), '--json', ...config]));
    const devices = [{ device_id: expect.stringMatching(/^[A-Z]{10}$/) }];
    expect(shown).toMatchObject({ user_id: userId, admin: true, devices });
    await done(['user', 'demote', userId, ...config]);
    expect(await done(['user', 'logout', user, ...config])).toContain('1 sessions');
    expect(await whoami(session.token)).toBe(401);
    const token = (await done(['registration-token', 'create', '--uses', '2', '--expires', '7d', ...config])).trim();
    expect(await done(['registration-token', 'list', ...config])).toContain(`${token}  used 0 of 2`);
    await done(['registration-token', 'revoke', token, ...config]);
    expect(await done(['user', 'deactivate', user, '--erase', ...config])).toContain('is deactivated');
    expect((await login(user, password)).status).toBe(403);
    expect(await done(['user', 'list', '--deactivated', ...config])).toMatch(new RegExp(`${userId} .*deactivated`));
    expect(await done(['stats', ...config])).toContain('accounts');
    expect(await done(['dead-letters', 'list', ...config])).toContain('nothing is set aside');
  });
});

describe('administration', () => {
  it('takes the configuration of a container from PLEXUS_CONFIG', async () => {
    const env = { PLEXUS_CONFIG: JSON.stringify(base()) };
    const made = await processOf(['user', 'create', 'contained', '--admin', '--password-stdin'], password, env);
    expect(made).toMatchObject({ code: 0, output: '@contained:example.org made, an administrator\n' });
  });

  it('sets a password, and ends the sessions of whoever had the one before', async () => {
    const config = ['--config', portConfig()];
    await withPassword(['user', 'create', 'forgetful', ...config], password);
    const { token } = await login('forgetful', password);
    await withPassword(['user', 'set-password', 'forgetful', ...config], 'another long password');
    expect(await whoami(token)).toBe(401);
    expect((await login('forgetful', password)).status).toBe(403);
    expect((await login('forgetful', 'another long password')).status).toBe(200);
  });

  it('makes tokens that admit where registration requires one, as often as they allow', async () => {
    const config = ['--config', portConfig()];
    expect(await done(['registration-token', 'create', 'welcome', '--uses', '1', ...config])).toBe('welcome\n');
    const validity = async () => {
      const path = '/_matrix/client/v1/register/m.login.registration_token/validity?token=welcome';
      return (await fetch(url + path)).json();
    };
    expect(await validity()).toEqual({ valid: true });
    const register = async (username: string) => {
      const auth = { type: 'm.login.registration_token', token: 'welcome' };
      const body = JSON.stringify({ username, password, auth });
      return (await fetch(`${url}/_matrix/client/v3/register`, { method: 'POST', body })).status;
    };
    expect(await register('newcomer')).toBe(200);
    expect(await validity()).toEqual({ valid: false });
    expect(await register('latecomer')).toBe(401);
  });

  it('is noted in the log of the server, without a secret', async () => {
    await withPassword(['user', 'create', 'noted', '--config', portConfig()], password);
    const entry = () => lines.find((line) => line['message'] === 'audit' && line['user'] === 'console');
    await eventually('the line is there', () => entry() !== undefined);
    expect(JSON.stringify(lines)).not.toContain(password);
  });

  it.each([
    [['user', 'show', 'nobody'], 'there is no user @nobody:example.org'],
    [['user', 'show', '@nobody:elsewhere.org'], 'is not a user id of example.org'],
    [['registration-token', 'revoke', 'unknown'], 'no such registration token'],
    [['registration-token', 'create', '--uses', 'many'], '--uses: many is no number'],
    [['registration-token', 'create', '--expires', 'soon'], '--expires: soon is neither'],
  ])('%j fails with a sentence', async (args, words) => {
    await expect(done([...args, '--config', portConfig()])).rejects.toThrow(words);
  });

  it('takes no password but from standard input, and no name that is none', async () => {
    const create = ['user', 'create', 'no name', '--config', portConfig()];
    expect(await processOf(create, '')).toMatchObject({ code: 2, output: expect.stringContaining('--password-stdin') });
    const refused = await processOf([...create, '--password-stdin'], password);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('M_INVALID_USERNAME') });
  });

  it('that reaches nothing says so, and how to go on', async () => {
    const wrong = configFile({ ...configurations['of services in several processes']?.(), rpc: { token: 'another' } });
    await expect(done(['user', 'list', '--config', wrong])).rejects.toThrow('rpc.token');
    await expect(done(['user', 'list', '--data', folder])).rejects.toThrow(/no plexus up runs on .*--config/);
  });

  it('knows when a token ends', () => {
    expect(expiryOf('12h', 1_000)).toBe(1_000 + 12 * 3_600_000);
    expect(expiryOf('2026-12-31', 0)).toBe(Date.UTC(2026, 11, 31));
    expect(() => expiryOf('2000-01-01', Date.UTC(2026, 0))).toThrow('is past');
  });
});
