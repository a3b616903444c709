import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readState, type UpState } from '../folder/state-file.ts';
import { probe } from '../infrastructure/http-probe.ts';
import { isRunning } from '../processes/process-identity.ts';
import { Launched } from '../testing/launched.ts';
import { services } from '../up/process-plan.ts';

let folder: string;
let launched: Launched[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plexus-up-'));
  launched = [];
});
afterEach(async () => {
  await Promise.all(launched.map((one) => one.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const launch = (args: readonly string[], input = ''): Launched => {
  const one = new Launched(args, input);
  launched.push(one);
  return one;
};

const data = (): string => join(folder, 'data');
const up = (...more: string[]): Launched =>
  launch(['up', '--data', data(), '--port', '0', '--federation-port', '0', ...more]);

const state = (): Partial<UpState> & Pick<UpState, 'pids' | 'processes'> => {
  const read = readState(join(data(), 'run', 'state.json'));
  if (read?.processes === undefined || read.pids === undefined) throw new Error('there is no state file');
  return { ...read, pids: read.pids, processes: read.processes };
};

const canSignIn = async (url: string): Promise<boolean> =>
  (await probe(`${url}/_matrix/client/v3/login`))?.body.includes('m.login.password') ?? false;

describe.each(['one', 'each'])('plexus up --processes %s', (layout) => {
  test('opens the door, tells where everything is, and takes it all down within ten seconds', async () => {
    const run = up('--processes', layout);
    const url = await run.ready();
    expect(await canSignIn(url)).toBe(true);

    const { clientUrl, pids, processes, serverName, postgresUrl, natsUrl } = state();
    expect({ clientUrl, serverName }).toEqual({ clientUrl: url, serverName: 'localhost' });
    expect(pids).toMatchObject({ up: run.child.pid });
    for (const name of ['postgres', 'nats', 'gateway', ...Object.keys(services)])
      expect(pids[name], name).toBeGreaterThan(0);
    expect(postgresUrl).toMatch(/^postgresql:/);
    expect(natsUrl).toMatch(/^nats:/);
    for (const file of ['run/state.json', 'run/config.json', 'keys/signing.key', 'keys/secrets.json'])
      expect(statSync(join(data(), file)).mode & 0o077, file).toBe(0);
    const config = JSON.parse(readFileSync(join(data(), 'run', 'config.json'), 'utf8'));
    expect(config.postgres.url, 'commands find the database by run/config.json').toBe(postgresUrl);

    const { code, ms } = await run.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
    expect(Object.entries(processes).filter(([, identity]) => isRunning(identity))).toEqual([]);
  });

  test('takes it all down when nobody reads what it says any more', async () => {
    const run = up('--processes', layout);
    await run.ready();
    const { processes } = state();
    run.child.stdout?.destroy();
    run.child.stderr?.destroy();
    expect((await run.stop()).code).toBe(0);
    expect(Object.entries(processes).filter(([, identity]) => isRunning(identity))).toEqual([]);
  });

  test('a round trip goes through it, and tells what goes wrong', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'sesame\n');
    const url = await up('--processes', layout, '--registration-shared-secret-file', secret).ready();
    const trip = launch(['round-trip', url, '--shared-secret-file', secret]);
    expect(await trip.exitCode, trip.text).toBe(0);
    const steps = trip.lines.map((line) => /^ok (\w+): /.exec(line)?.[1]);
    expect(steps).toEqual(['versions', 'user', 'room', 'message', 'media', 'key', 'end']);
    writeFileSync(secret, 'wrong\n');
    const refused = launch(['round-trip', url, '--shared-secret-file', secret]);
    expect(await refused.exitCode).toBe(1);
    expect(refused.lines.at(-1)).toMatch(/^user: POST .* answers 403 .*The MAC is wrong/);
  });

  test('is started anew after it was killed, with the same keys and accounts', async () => {
    const killed = up('--processes', layout);
    await killed.ready();
    const admin = launch(['admin', 'user', 'create', 'alice', '--password-stdin', '--data', data()], 'correct horse\n');
    expect(await admin.exitCode, admin.text).toBe(0);
    const letters = launch(['admin', 'dead-letters', 'list', '--data', data()]);
    expect([await letters.exitCode, letters.text]).toEqual([0, 'nothing is set aside']);
    const retry = launch(['admin', 'dead-letters', 'retry', '!room', '--data', data()]);
    expect([await retry.exitCode, retry.text]).toEqual([1, '!room is not set aside']);
    const key = readFileSync(join(data(), 'keys', 'signing.key'), 'utf8');
    const before = state().processes;
    killed.child.kill('SIGKILL');
    await killed.exitCode;

    const again = up('--processes', layout);
    const url = await again.ready();
    expect(again.text).toContain('stopped what a killed plexus up left running');
    const survivors = Object.entries(before).filter(([, identity]) => isRunning(identity));
    expect(survivors).toEqual([]);
    expect(readFileSync(join(data(), 'keys', 'signing.key'), 'utf8')).toBe(key);
    const login = await fetch(`${url}/_matrix/client/v3/login`, {
      method: 'POST',
      body: JSON.stringify({
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'alice' },
        password: 'correct horse',
      }),
    });
    expect(login.status).toBe(200);
  });

  test('starts again what dies, and says so', async () => {
    const run = up('--processes', layout);
    const url = await run.ready();
    for (const name of ['nats', 'postgres', layout === 'one' ? 'all' : 'roomserver']) {
      const before = state().processes[name];
      if (before === undefined) throw new Error(`${name} does not run`);
      process.kill(before.pid, 'SIGKILL');
      await expect.poll(() => run.text, { timeout: 30_000 }).toContain(`${name} runs again`);
      expect(run.text).toMatch(new RegExp(`^${name} ended \\(SIGKILL\\), starting again in \\d+ ms$`, 'm'));
      expect(state().processes[name]?.pid).not.toBe(before.pid);
    }
    await expect.poll(() => canSignIn(url), { timeout: 30_000 }).toBe(true);
  });
});

test('a second one on the same folder says so and leaves the first alone', async () => {
  const first = up();
  const url = await first.ready();
  const second = up();
  expect(await second.exitCode).toBe(1);
  expect(second.text).toBe(`another plexus up (pid ${first.child.pid}) runs on this data folder`);
  expect(await canSignIn(url)).toBe(true);
});

test('a signal during the start stops what was started', async () => {
  const run = up();
  await expect.poll(() => run.text, { timeout: 30_000 }).toContain('  postgres ');
  const { code, ms } = await run.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(10_000);
  expect(
    Object.values(state().processes)
      .filter(({ pid }) => pid !== run.child.pid)
      .filter(isRunning),
  ).toEqual([]);
});

describe('a wrong configuration ends with exit code 2 and a sentence that names the key, before anything is started', () => {
  const refused = async (run: Launched): Promise<string> => {
    expect(await run.exitCode).toBe(2);
    expect(readState(join(data(), 'run', 'state.json'))?.processes ?? {}).not.toHaveProperty('postgres');
    return run.text;
  };

  test('in flags', async () => {
    expect(await refused(launch(['up', '--data', data(), '--port', '70000', '--processes', 'two']))).toBe(
      'listen.http.port: must be a port from 0 (any free one) to 65535, not "70000"\n--processes: must be one or each, not "two"',
    );
    expect(await refused(up('--server-name', 'https://example.org'))).toContain('serverName: must be a server name');
  });

  test('in the file', async () => {
    const file = join(folder, 'plexus.yaml');
    writeFileSync(file, 'logLevl: debug\nmedia:\n  maxUploadBytes: many\n');
    const text = await refused(up('--config', file));
    expect(text).toContain('logLevl: there is no such key');
    expect(text).toContain('media.maxUploadBytes: must be a number');
    writeFileSync(file, 'a: [');
    expect(await refused(up('--config', file))).toContain(`--config ${file}: `);
  });

  test('for another server name than the one of the folder', async () => {
    const run = up('--server-name', 'one.org');
    await run.ready();
    await run.stop();
    expect(await refused(up('--server-name', 'two.org'))).toContain('serverName: this data folder belongs to one.org');
  });
});
