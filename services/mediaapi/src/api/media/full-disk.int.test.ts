import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MediaClient, problem } from '../../testing/media-client.ts';
import { type RunningMediaapi, startMediaapi, withDatabase } from '../../testing/start-mediaapi.ts';

const MEBIBYTE = 1024 * 1024;
/** Root may give itself a small disk; elsewhere the reserve alone is tested, on the disk that there is. */
const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'plexus-small-disk-'));
let database: TestDatabase;
let mediaapi: RunningMediaapi;
let client: MediaClient;

const free = (): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

beforeAll(async () => {
  if (isRoot) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]);
  database = await withDatabase();
  const reserveBytes = isRoot ? 16 * MEBIBYTE : free() - 16 * MEBIBYTE;
  const rules = { maxUploadBytes: 64 * MEBIBYTE, maxImagePixels: 1_000_000, unauthenticatedDownloads: false };
  mediaapi = await startMediaapi(database, { ...rules, reserveBytes }, folder);
  client = new MediaClient(mediaapi);
});
afterAll(async () => {
  await mediaapi.stop();
  await database.drop();
  if (isRoot) execFileSync('umount', ['--lazy', folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe('an upload that would take from the reserve', () => {
  test('is refused by what it announces, before anything is written', async () => {
    expect(await problem(await client.post(randomBytes(20 * MEBIBYTE)))).toBe('507 M_UNKNOWN');
    expect(await mediaapi.files()).toEqual([]);
  });

  test('and one that announces nothing is cut off on its way, and leaves nothing behind', async () => {
    const chunks = Array.from({ length: 28 }, () => randomBytes(MEBIBYTE));
    const body = ReadableStream.from(chunks);
    const response = await client.fetch('/_matrix/media/v3/upload', {
      method: 'POST',
      body,
      duplex: 'half',
      token: 'alice',
    });
    expect(response.status).toBe(507);
    expect(await mediaapi.files()).toEqual([]);
  });

  test('is taken when there is room again; what was there is read all the time', async () => {
    const kept = await client.upload(randomBytes(4 * MEBIBYTE));
    if (isRoot) {
      const ballast = join(folder, 'ballast');
      writeFileSync(ballast, Buffer.alloc(20 * MEBIBYTE));
      expect(await problem(await client.post(randomBytes(1_000)))).toBe('507 M_UNKNOWN');
      expect((await client.download(kept)).status).toBe(200);
      rmSync(ballast);
    }
    expect((await client.post(randomBytes(1_000))).status).toBe(200);
  });
});
