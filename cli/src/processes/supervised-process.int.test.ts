import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRunning, type ProcessIdentity } from './process-identity.ts';
import { type ProcessSpec, type SupervisedProcess, supervise } from './supervised-process.ts';

let folder: string;
let running: SupervisedProcess | undefined;
let lines: string[];
let identities: (ProcessIdentity | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plexus-supervised-'));
  [lines, identities, running] = [[], [], undefined];
});
afterEach(async () => {
  await running?.stop(1_000);
  rmSync(folder, { recursive: true });
});

const hooks = {
  line: (text: string) => lines.push(text),
  onIdentity: (_name: string, identity: ProcessIdentity | undefined) => identities.push(identity),
  random: () => 0,
};

const program = (script: string, isReady: ProcessSpec['isReady']): ProcessSpec => ({
  name: 'program',
  command: process.execPath,
  args: ['-e', script],
  logFile: join(folder, 'log'),
  tethered: false,
  stopSignal: 'SIGTERM',
  readyWithinMs: 5_000,
  isReady,
});

const saysReady = async (): Promise<boolean> => readFileSync(join(folder, 'log'), 'utf8').includes('ready');

const started = async (spec: ProcessSpec): Promise<ProcessIdentity> => {
  running = supervise(spec, hooks);
  await running.start();
  const identity = identities.at(-1);
  if (identity === undefined) throw new Error('it was started and has no identity');
  return identity;
};

test('a process that is killed is started again, and a line says so', async () => {
  const first = await started(program('console.log("ready"); setInterval(() => {}, 1000)', saysReady));
  process.kill(first.pid, 'SIGKILL');
  await expect.poll(() => lines, { timeout: 5_000 }).toHaveLength(2);
  expect(lines[0]).toBe('program ended (SIGKILL), starting again in 180 ms');
  expect(lines[1]).toMatch(/^program runs again/);
  const second = identities.at(-1);
  expect(second?.pid).not.toBe(first.pid);
});

test('one that is stopped stays stopped', async () => {
  const identity = await started(program('console.log("ready"); setInterval(() => {}, 1000)', saysReady));
  await running?.stop(1_000);
  expect(isRunning(identity)).toBe(false);
  expect(lines).toEqual([]);
});

test('one that ignores the signal is killed after its grace', async () => {
  const script = 'process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)';
  const identity = await started(program(script, saysReady));
  await running?.stop(200);
  expect(isRunning(identity)).toBe(false);
  expect(lines).toEqual(['program did not stop within 200 ms and was killed']);
});

test('one that ends before it is ready fails the start with the end of its log', async () => {
  const spec = program('console.error("no such table"); process.exit(3)', async () => false);
  const start = supervise(spec, hooks).start();
  await expect(start).rejects.toThrow(/^program ended \(exit code 3\)[\s\S]*no such table$/);
});

test('a command that is not there fails the start', async () => {
  const spec = { ...program('', async () => false), command: join(folder, 'absent') };
  await expect(supervise(spec, hooks).start()).rejects.toThrow(/could not be started/);
});
