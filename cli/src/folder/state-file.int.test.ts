import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify } from '../processes/process-identity.ts';
import { heldBy } from '../up/process-plan.ts';
import { leftovers, openStateFile, readState } from './state-file.ts';

let folder: string;
let file: string;
const self = identify(process.pid) ?? { pid: 0, startedAt: '' };
const parent = identify(process.ppid) ?? { pid: 0, startedAt: '' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plexus-state-'));
  file = join(folder, 'state.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('every start and end of a process is in the file at once, which only its owner reads', () => {
  const state = openStateFile(file, self, heldBy);
  state.setProcess('postgres', { pid: 5, startedAt: 'a' });
  state.setProcess('all', { pid: 6, startedAt: 'b' });
  expect(readState(file)?.pids).toMatchObject({ up: process.pid, postgres: 5, roomserver: 6, syncapi: 6, gateway: 6 });
  state.setProcess('all', undefined);
  expect(readState(file)?.pids).toEqual({ up: process.pid, postgres: 5 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['state.json']);
});

test('left over from a killed run are the processes that still run, and not those whose pid was used again', () => {
  const state = openStateFile(file, self, heldBy);
  state.setProcess('nats', parent);
  state.setProcess('redis', { pid: process.ppid, startedAt: 'long ago' });
  expect([...leftovers(readState(file))]).toEqual([['nats', parent]]);
});

test('a file that a power failure cut short tells nothing', () => {
  writeFileSync(file, '{"pids":');
  expect(readState(file)).toBeUndefined();
  expect(leftovers(readState(file)).size).toBe(0);
});
