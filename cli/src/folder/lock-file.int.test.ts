import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify, type ProcessIdentity } from '../processes/process-identity.ts';
import { lockHolder, takeLock } from './lock-file.ts';

let folder: string;
let file: string;
const self = identify(process.pid);
const parent = identify(process.ppid);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plexus-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const holdBy = (holder: ProcessIdentity | undefined): void => writeFileSync(file, JSON.stringify(holder));

test('a lock is held by who took it, and free after the release', () => {
  const lock = takeLock(file);
  expect(lockHolder(file)).toEqual(self);
  expect(readdirSync(folder)).toEqual(['lock']);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a running process keeps it', () => {
  holdBy(parent);
  expect(() => takeLock(file)).toThrow(`another plexus up (pid ${process.ppid}) runs on this data folder`);
  expect(lockHolder(file)).toEqual(parent);
});

test.each([
  ['a process that is gone', JSON.stringify({ pid: 4_194_304, startedAt: '1' })],
  ['a process whose pid another one has now', JSON.stringify({ pid: process.ppid, startedAt: 'long ago' })],
  ['a file that was cut short', '{"pid":'],
])('the lock of %s is taken over', (_who, content) => {
  writeFileSync(file, content);
  const lock = takeLock(file);
  expect(lockHolder(file)).toEqual(self);
  lock.release();
});

test('a release leaves the lock of another alone', () => {
  const lock = takeLock(file);
  holdBy(parent);
  lock.release();
  expect(lockHolder(file)).toEqual(parent);
});
