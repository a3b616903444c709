import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';

const mebibyte = 1024 * 1024;
/** `PLEXUS_TEST_ROOMS=10000` is the long run. */
const rooms = Number(process.env['PLEXUS_TEST_ROOMS'] ?? 300);
const creators = 8;
const budget = 64 * mebibyte;
/** What a process with all services takes without its caches: code, the heap of requests, buffers. Measured at 190 to 250 MiB. */
const base = 300 * mebibyte;

describe(`a process with a budget of 64 MiB after ${rooms} rooms`, () => {
  let stack: Stack;
  let folder: string;
  let everywhere: User;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plexus-memory-'));
    const file = join(folder, 'plexus.yaml');
    await writeFile(file, 'memory: { budget: 64Mi }\n');
    stack = await startStack('one', ['--config', file]);
    everywhere = await registerUser(stack.url);
    const people = await Promise.all(Array.from({ length: creators }, () => registerUser(stack.url)));
    await Promise.all(people.map((person, index) => makeRooms(person, index)));
  }, 600_000);

  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** The share of one creator: each room is joined by the user who is in all of them, and has a conversation. */
  async function makeRooms(creator: User, index: number): Promise<void> {
    for (let made = index; made < rooms; made += creators) {
      const room = await creator.ok('POST', '/_matrix/client/v3/createRoom', {
        preset: 'public_chat',
        name: `${made}`,
      });
      const roomId = textAt(room, 'room_id');
      await everywhere.ok('POST', roomPath(roomId, 'join'), {});
      for (const number of [1, 2, 3])
        await creator.ok('PUT', roomPath(roomId, `send/m.room.message/${made}-${number}`), {
          msgtype: 'm.text',
          body: 'a message of usual length, as people write them to each other '.repeat(4),
        });
    }
  }

  async function residentBytes(): Promise<number> {
    const { metricsUrls } = await stack.state();
    const text = await (await fetch(`${metricsUrls['all']}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
  }

  it('stays within the budget and the stated base, also while a user in all rooms syncs', async () => {
    const initial = await everywhere.call('GET', '/_matrix/client/v3/sync?timeout=0', undefined, 120_000);
    expect(initial.status).toBe(200);
    const since = textAt(initial.json, 'next_batch');
    const next = await everywhere.call('GET', `/_matrix/client/v3/sync?timeout=0&since=${since}`);
    expect(next.status).toBe(200);
    let resident = 0;
    // The memory of what was answered is given back by the next collection of garbage.
    const isWithin = async () => {
      resident = await residentBytes();
      return resident <= budget + base;
    };
    await eventually('resident memory comes down to the budget and the base', isWithin, 60_000);
    console.log(`${rooms} rooms: ${Math.round(resident / mebibyte)} MiB resident`);
    expect(resident).toBeGreaterThan(50 * mebibyte);
  }, 300_000);
});
