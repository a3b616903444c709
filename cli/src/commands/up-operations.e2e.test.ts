import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readState } from '../folder/state-file.ts';
import { probe } from '../infrastructure/http-probe.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { Launched } from '../testing/launched.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-operations-'));
const data = join(folder, 'data');
const configFile = join(folder, 'plexus.yaml');
const secretFile = join(folder, 'secret');
const running = new Set<Launched>();

const launch = (args: readonly string[], input = ''): Launched => {
  const one = new Launched(args, input);
  running.add(one);
  void one.exitCode.then(() => running.delete(one));
  return one;
};
const up = (at: string, ...more: string[]): Launched =>
  launch(['up', '--data', at, '--port', '0', '--federation-port', '0', ...more]);
const said = async (args: readonly string[], input = ''): Promise<{ code: number | null; text: string }> => {
  const one = launch(args, input);
  return { code: await one.exitCode, text: one.text };
};

afterAll(async () => {
  await Promise.all([...running].map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const publishedKeys = async (at: string): Promise<{ verify_keys: object; old_verify_keys: object }> => {
  const { port } = new URL(readState(join(at, 'run', 'state.json'))?.federationUrl ?? '');
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/_matrix/key/v2/server', rejectUnauthorized: false });
    asked.once('response', (response) => void text(response).then((body) => resolve(JSON.parse(body)), reject));
    asked.once('error', reject);
    asked.end();
  });
};

const login = (url: string): Promise<Response> =>
  fetch(`${url}/_matrix/client/v3/login`, {
    method: 'POST',
    body: JSON.stringify({
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'alice' },
      password: 'correct horse',
    }),
  });

describe('a first start that fails', () => {
  test('says that a server name must be in lower case', async () => {
    const { code, text: sentence } = await said(['up', '--data', data, '--server-name', 'Example.org']);
    expect([code, sentence]).toEqual([
      2,
      expect.stringMatching(/^serverName: must be in lower case, so example\.org: /),
    ]);
  });

  test('fixes no server name', async () => {
    const failed = up(data, '--server-name', 'mistyped.org', '--postgres', 'postgresql://127.0.0.1:1/none');
    expect(await failed.exitCode).toBe(1);
    expect(failed.text).toContain('postgres.url: the database does not take writes');
    expect(readdirSync(join(data, 'keys'))).not.toContain('server-name');
  });
});

describe('a small server in production', () => {
  let server: Launched;
  let url: string;
  let metricsPort: number;

  beforeAll(async () => {
    [metricsPort = 0] = await freePorts(1);
    writeFileSync(secretFile, 'sesame-for-registration\n');
    writeFileSync(configFile, 'serverName: example.org\nlogLevel: info\nmedia: { directory: pictures }\n');
    server = up(
      data,
      '--config',
      configFile,
      '--metrics-port',
      String(metricsPort),
      '--registration-shared-secret-file',
      secretFile,
    );
    url = await server.ready();
  });

  test('is measured where it was told to be', async () => {
    expect((await probe(`http://127.0.0.1:${metricsPort}/metrics`))?.body).toContain('plexus_build_info');
  });

  test('shows no secret in the list of processes', () => {
    const { postgresPassword, natsToken, redisPassword, rpcToken } = JSON.parse(
      readFileSync(join(data, 'keys', 'secrets.json'), 'utf8'),
    );
    const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    for (const secret of [postgresPassword, natsToken, redisPassword, rpcToken, 'sesame-for-registration'])
      expect(list).not.toContain(secret);
  });

  test('refuses a secret that would be seen there', async () => {
    const refused = await said(['up', '--data', join(folder, 'none'), '--registration-shared-secret', 'sesame']);
    expect(refused).toEqual({ code: 2, text: expect.stringMatching(/^--registration-shared-secret: every user/) });
  });

  test('works in the database as a role that is no superuser', () => {
    const { postgresUrl = '' } = readState(join(data, 'run', 'state.json')) ?? {};
    const { username, password, searchParams, port } = new URL(postgresUrl);
    const host = searchParams.get('host') ?? '127.0.0.1';
    const env = {
      ...process.env,
      PGUSER: username,
      PGPASSWORD: password,
      PGHOST: host,
      PGDATABASE: 'plexus',
      ...(port && { PGPORT: port }),
    };
    const answer = execFileSync(
      'psql',
      ['-Atc', 'SELECT rolsuper OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = current_user'],
      { env, encoding: 'utf8' },
    );
    expect(answer.trim()).toBe('f');
  });

  test('tells clients of no address that nobody has set', async () => {
    expect((await fetch(`${url}/.well-known/matrix/client`)).status).toBe(404);
    const create = ['admin', 'user', 'create', 'alice', '--password-stdin', '--data', data];
    expect(await said(create, 'correct horse\n')).toMatchObject({ code: 0 });
    expect(await (await login(url)).json()).not.toHaveProperty('well_known');
  });

  test('stores media in a folder that is relative to its configuration', () => {
    expect(readdirSync(join(folder, 'pictures'))).toContain('content');
  });

  test('goes on when it gets SIGHUP: it takes what has changed, and keeps what it has when that is wrong', async () => {
    const level = async () => JSON.parse(readFileSync(join(data, 'run', 'config.json'), 'utf8')).logLevel;
    writeFileSync(configFile, 'serverName: example.org\nlogLevel: debug\nmedia: { directory: pictures }\n');
    server.child.kill('SIGHUP');
    await expect.poll(() => server.text, { timeout: 30_000 }).toContain('the configuration is taken anew');
    expect(await level()).toBe('debug');
    await expect
      .poll(() => readFileSync(join(data, 'logs', 'all.log'), 'utf8'), { timeout: 10_000 })
      .toContain('the configuration is taken anew');
    writeFileSync(configFile, 'serverName: example.org\nlogLevel: loud\n');
    server.child.kill('SIGHUP');
    await expect
      .poll(() => server.text, { timeout: 30_000 })
      .toContain('all stays as it was:\n  logLevel: must be one of');
    expect(await level()).toBe('debug');
    expect((await login(url)).status).toBe(200);
    writeFileSync(configFile, 'serverName: example.org\nmedia: { directory: pictures }\n');
  });

  test('works, says the round trip that the README shows', async () => {
    expect(await said(['round-trip', url, '--data', data])).toMatchObject({
      code: 0,
      text: expect.stringContaining('ok end: '),
    });
    const lost = await said(['round-trip', url, '--data', join(folder, 'none')]);
    expect(lost).toEqual({
      code: 2,
      text: expect.stringMatching(/^--shared-secret-file: is missing, and no plexus up runs on /),
    });
  });

  test('has its key rotated, but not by way of a file that it writes itself', async () => {
    const generated = join(data, 'run', 'config.json');
    const refused = await said(['keys', 'rotate', '--config', generated]);
    expect(refused).toEqual({ code: 2, text: expect.stringContaining(`is written by plexus up at every start`) });
    const before = Object.keys((await publishedKeys(data)).verify_keys);
    expect(await said(['keys', 'rotate', '--data', data])).toMatchObject({ code: 0 });
    await server.stop();
    server = up(data, '--config', configFile);
    url = await server.ready();
    const after = await publishedKeys(data);
    expect(Object.keys(after.old_verify_keys)).toEqual(before);
    expect(Object.keys(after.verify_keys)).not.toEqual(before);
  });

  test('does not replace a key that is lost unless it is told to, and then keeps its name and publishes the lost one as old', async () => {
    const saved = join(folder, 'saved');
    expect(await said(['backup', 'create', '--to', saved, '--config', join(data, 'run', 'config.json')])).toMatchObject(
      { code: 0 },
    );
    const { verify_keys, old_verify_keys } = await publishedKeys(data);
    await server.stop();
    const keyFile = join(data, 'keys', 'signing.key');
    rmSync(keyFile);
    const refused = up(data, '--config', configFile);
    expect([await refused.exitCode, refused.text]).toEqual([
      2,
      expect.stringContaining(
        `signingKeyFile: ${keyFile} is missing, and this data folder has signed with it; restore it from a backup`,
      ),
    ]);
    server = up(data, '--config', configFile, '--new-signing-key');
    url = await server.ready();
    const published = await publishedKeys(data);
    expect(Object.keys(published.old_verify_keys).toSorted()).toEqual(
      [...Object.keys(verify_keys), ...Object.keys(old_verify_keys)].toSorted(),
    );
    expect((await login(url)).status).toBe(200);
    await server.stop();
  });

  test('is restored from its backup into another data folder, with accounts and keys', async () => {
    const restored = join(folder, 'restored');
    const done = await said(['backup', 'restore', join(folder, 'saved'), '--data', restored]);
    expect(done).toMatchObject({
      code: 0,
      text: expect.stringContaining(`start it with plexus up --data ${restored}`),
    });
    server = up(restored);
    url = await server.ready();
    expect(server.text).toContain('plexus example.org in ');
    expect((await login(url)).status).toBe(200);
    const keys = await publishedKeys(restored);
    expect([Object.keys(keys.verify_keys).length, Object.keys(keys.old_verify_keys).length]).toEqual([1, 1]);
    await server.stop();
    const again = await said(['backup', 'restore', join(folder, 'saved'), '--data', restored]);
    expect(again).toEqual({ code: 2, text: expect.stringContaining('is in use: restore into a new data folder') });
  });
});
