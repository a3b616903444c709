import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, sharedServer, type TestDatabase, type TestNats, testDatabase, testNats } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineInstallation } from '../doctor/installation.ts';
import { checkout } from '../infrastructure/checkout.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { rotateSigningKey } from '../secrets/rotate-signing-key.ts';
import { serviceNames } from '../service-modules.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-reload-'));
const file = join(folder, 'config.json');
const lines: Record<string, unknown>[] = [];
let database: TestDatabase;
let nats: TestNats;
let process_: ReturnType<typeof spawn>;
let url: string;
let federationPort: number;

const write = (parts: object): void => {
  const whole = {
    serverName: `localhost:${federationPort}`,
    publicBaseUrl: 'http://127.0.0.1',
    postgres: { url: database.url },
    nats: { servers: [nats.url] },
    signingKeyFile: join(folder, 'signing.key'),
    media: { directory: join(folder, 'media') },
    listen: { http: { port: 0 }, federation: { port: federationPort } },
    federation: { verifyCertificates: false },
    registration: { open: true },
    passwords: { memoryKib: 8, iterations: 1 },
    logLevel: 'info',
    rateLimits: { enabled: false },
    ...parts,
  };
  writeFileSync(file, JSON.stringify(whole));
};

const said = (message: string) => lines.filter((line) => line['message'] === message);

async function reload(message: string): Promise<Record<string, unknown>> {
  const before = said(message).length;
  process_.kill('SIGHUP');
  await eventually(message, () => said(message).length > before, 20_000);
  return said(message).at(-1) ?? {};
}

const taken = 'the configuration is taken anew; what waits is taken at the next start';
const refused = 'the configuration cannot be taken; all stays as it was';
const versions = async () => (await fetch(`${url}/_matrix/client/versions`)).status;

function registration(id: string): string {
  const path = join(folder, `${id}.yaml`);
  const namespaces = { users: [{ regex: `@${id}_.*`, exclusive: true }], aliases: [], rooms: [] };
  const content = {
    id,
    url: null,
    as_token: `as-${id}`,
    hs_token: `hs-${id}`,
    sender_localpart: `${id}bot`,
    namespaces,
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const makeUserOf = async (id: string): Promise<number> => {
  const body = JSON.stringify({ type: 'm.login.application_service', username: `${id}_x${Date.now()}` });
  const headers = { authorization: `Bearer as-${id}` };
  return (await fetch(`${url}/_matrix/client/v3/register`, { method: 'POST', headers, body })).status;
};

beforeAll(async () => {
  [database, nats] = await Promise.all([
    testDatabase(serviceNames.filter((name) => !['clientapi', 'typing'].includes(name))),
    testNats(),
    sharedServer('redis'),
  ]);
  [federationPort = 0] = await freePorts(1);
  writeFileSync(
    join(folder, 'signing.key'),
    `ed25519 a_1 ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`,
  );
  write({});
  const main = join(checkout, 'cli', 'src', 'main.ts');
  process_ = spawn(process.execPath, [main, 'run', 'all', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (process_.stdout !== null)
    createInterface({ input: process_.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  await eventually('it runs', () => said('started').length > 0, 60_000);
  url = `http://127.0.0.1:${Object(said('started')[0]?.['http'])['port']}`;
});
afterAll(async () => {
  process_.kill('SIGTERM');
  await once(process_, 'exit');
  await database.drop();
  await nats.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a running process that gets SIGHUP', () => {
  it('takes rate limits and registrations anew, and drops no request', async () => {
    expect(await makeUserOf('irc')).toBe(401);
    let stop = false;
    const answers: number[] = [];
    const traffic = (async () => {
      while (!stop) answers.push(await versions());
    })();
    write({
      appservices: [registration('irc')],
      rateLimits: { classes: { registrationCheck: { perSecond: 0.001, burst: 1 } } },
    });
    expect(await reload(taken)).toMatchObject({ waiting: [] });
    const available = async () => (await fetch(`${url}/_matrix/client/v3/register/available?username=free`)).status;
    expect([await available(), await available()]).toEqual([200, 429]);
    // userapi asks for registrations every ten seconds.
    await eventually('the bridge is known', async () => (await makeUserOf('irc')) === 200, 20_000);
    stop = true;
    await traffic;
    expect(new Set(answers)).toEqual(new Set([200]));
  });

  it('says what waits for a restart', async () => {
    write({ publicBaseUrl: 'http://elsewhere.test', appservices: [registration('irc')] });
    expect(await reload(taken)).toMatchObject({ waiting: ['publicBaseUrl'] });
  });

  it.each([
    ['a key that there is not', () => ({ colour: 'blue' }), 'colour'],
    ['a registration that cannot be read', () => ({ appservices: ['/nowhere.yaml'], rateLimits: {} }), '/nowhere.yaml'],
  ])('%s changes nothing and is said', async (_what, parts, words) => {
    write(parts());
    expect(await reload(refused)).toMatchObject({ level: 'error', problem: expect.stringContaining(words) });
    expect(await makeUserOf('irc')).toBe(200);
    for (let count = 0; count < 5; count++)
      expect((await fetch(`${url}/_matrix/client/v3/register/available?username=free`)).status).toBe(200);
  });
});

describe('the doctor of one that runs', () => {
  const outside = async () => {
    const findings = await examineInstallation(file, new Set(['well-known', 'postgres-durability', 'media']));
    return Object.fromEntries(findings.map(({ name, ok, detail }) => [name, ok ? 'ok' : detail]));
  };

  it('finds it by its name, looks at its certificate, and sees its key published', async () => {
    write({});
    expect(await outside()).toMatchObject({ dns: 'ok', certificate: 'ok', 'published-key': 'ok' });
    write({ federation: { verifyCertificates: true } });
    expect(await outside()).toMatchObject({
      certificate: expect.stringContaining('other servers refuse the certificate'),
    });
  });

  it('a key that was replaced and is not in use yet is told', async () => {
    write({});
    rotateSigningKey(file, { random: randomBytes, now: 1_000, write: true });
    expect(await outside()).toMatchObject({ 'published-key': expect.stringContaining('restart federationapi') });
  });
});
