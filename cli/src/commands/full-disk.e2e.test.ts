import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readState } from '../folder/state-file.ts';
import { isRunning } from '../processes/process-identity.ts';
import { Launched } from '../testing/launched.ts';

const disk = mkdtempSync(join(tmpdir(), 'plexus-disk-'));
const data = join(disk, 'data');
const ballast = join(disk, 'ballast');
let server: Launched;
let url: string;
let token: string;

const up = (at: string, ...more: string[]): Launched =>
  new Launched(['up', '--data', at, '--port', '0', '--federation-port', '0', ...more]);

/** Takes all the room that there is. */
const fill = (): void => {
  const file = openSync(ballast, 'a');
  try {
    for (const block of [1_048_576, 4_096, 1]) {
      const bytes = Buffer.alloc(block);
      while (tryWrite(file, bytes));
    }
  } finally {
    closeSync(file);
  }
};

const tryWrite = (file: number, bytes: Buffer): boolean => {
  try {
    return writeSync(file, bytes) === bytes.length;
  } catch {
    return false;
  }
};

const createRoom = async (): Promise<number> => {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${url}/_matrix/client/v3/createRoom`, { method: 'POST', headers, body: '{}' })).status;
};

beforeAll(async () => {
  // Needs root: nobody else may give itself a small disk.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=320m', 'tmpfs', disk]);
  server = up(data, '--open-registration');
  url = await server.ready();
  const body = JSON.stringify({ username: 'alice', password: 'correct horse', auth: { type: 'm.login.dummy' } });
  const session: { access_token?: string } = JSON.parse(
    await (await fetch(`${url}/_matrix/client/v3/register`, { method: 'POST', body })).text(),
  );
  token = session.access_token ?? '';
});
afterAll(async () => {
  await server?.stop();
  execFileSync('umount', ['--lazy', disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe('a disk that is full', () => {
  test('ends nothing for good: one sentence names the folder and the remedy, and all goes on when there is room', async () => {
    expect(await createRoom()).toBe(200);
    const before = readState(join(data, 'run', 'state.json'))?.processes ?? {};
    fill();
    // Writes of every kind: logs, the state of a process that is killed, the database.
    for (let attempt = 0; attempt < 20; attempt++) await createRoom();
    const { nats } = before;
    if (nats === undefined) throw new Error('NATS does not run');
    process.kill(nats.pid, 'SIGKILL');
    await expect.poll(() => server.text, { timeout: 60_000 }).toContain(`the disk of ${data} is full`);
    await expect.poll(() => server.text, { timeout: 20_000 }).toMatch(/state\.json is not current any more: .*full/);
    expect(server.child.exitCode).toBeNull();
    rmSync(ballast);
    await expect.poll(createRoom, { timeout: 60_000, interval: 500 }).toBe(200);
    await expect.poll(() => server.text, { timeout: 60_000 }).toContain(`there is room again on the disk of ${data}`);
  });

  test('leaves nothing running when plexus up is stopped while it lasts', async () => {
    const { processes = {} } = readState(join(data, 'run', 'state.json')) ?? {};
    fill();
    expect((await server.stop()).code).toBe(0);
    expect(Object.values(processes).filter(isRunning)).toEqual([]);
  });

  test('is said at the start, in one sentence', async () => {
    const started = up(data);
    expect(await started.exitCode).toBe(1);
    expect(started.text).toMatch(
      new RegExp(
        `^the disk of ${data} is full \\(\\d+ MiB free\\): make room on it, or move the folder to a larger one$`,
      ),
    );
  });

  test('that takes not even a log or a settings file of a first start is said too, and nothing is left running', async () => {
    rmSync(ballast);
    writeFileSync(ballast, Buffer.alloc(1_048_576));
    const other = join(disk, 'other');
    const started = up(other);
    await expect.poll(() => started.text, { timeout: 60_000 }).toContain('configuration');
    fill();
    expect(await started.exitCode).toBe(1);
    expect(started.text).toContain(`the disk of ${other} is full`);
    const { processes = {} } = readState(join(other, 'run', 'state.json')) ?? {};
    expect(Object.values(processes).filter(isRunning)).toEqual([]);
  });
});
