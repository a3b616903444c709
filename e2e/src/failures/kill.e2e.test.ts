import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../stack/stack.ts';
import { type Load, readBack, startLoad, startReader } from './load.ts';

/** What dies under load, one after another; each while messages are acked before and after. */
const services = [
  'clientapi',
  'userapi',
  'roomserver',
  'syncapi',
  'typing',
  'appservice',
  'federationapi',
  'mediaapi',
  'gateway',
];

describe('under load, with a process for each service', () => {
  let stack: Stack;
  let load: Load;
  let reader: Awaited<ReturnType<typeof startReader>>;

  beforeAll(async () => {
    stack = await startStack('each');
    load = await startLoad(stack.url, { users: 6, rooms: 3 });
    const [user] = load.users;
    if (user === undefined) throw new Error('no user');
    reader = await startReader(user);
    await load.advance(20);
  }, 180_000);

  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
  });

  it.each(services)(
    'kill -9 of %s: it comes back and sending goes on',
    async (service) => {
      const before = (await stack.state()).pids[service];
      expect(before, `no pid of ${service} in state.json`).toBeTypeOf('number');
      process.kill(before ?? 0, 'SIGKILL');
      await load.advance(40);
      await expect.poll(async () => (await stack.state()).pids[service], { timeout: 30_000 }).not.toBe(before);
    },
    90_000,
  );

  it('NATS killed and its disk wiped: sending goes on', async () => {
    const pid = (await stack.state()).pids['nats'];
    process.kill(pid ?? 0, 'SIGKILL');
    await rm(join(stack.data, 'nats'), { recursive: true, force: true });
    await load.advance(60);
  }, 90_000);

  it('Redis flushed: sending goes on', async () => {
    const { redisUrl } = await stack.state();
    expect(redisUrl).toBeDefined();
    await flush(new URL(redisUrl ?? ''));
    await load.advance(20);
  }, 60_000);

  it('PostgreSQL killed: it recovers and sending goes on', async () => {
    const pid = (await stack.state()).pids['postgres'];
    process.kill(pid ?? 0, 'SIGKILL');
    await load.advance(40);
  }, 120_000);

  it('every acked message is read back once: by paging, by another user, and by the one who was syncing all the while', async () => {
    await load.stop();
    expect(load.contradictions).toEqual([]);
    await reader.stop(load.acked.length);
    for (const user of [load.users[0], load.users[1]]) {
      if (user === undefined) throw new Error('no user');
      const pages = await Promise.all(load.rooms.map((roomId) => readBack(user, roomId)));
      const found = new Map(pages.flatMap((page) => [...page]));
      expect(load.acked.filter(({ key, eventId }) => found.get(key)?.join() !== eventId)).toEqual([]);
      expect(found.size).toBe(load.acked.length);
    }
    expect(load.acked.filter(({ key, eventId }) => reader.found.get(key)?.join() !== eventId)).toEqual([]);
  }, 120_000);
});

/** FLUSHALL by hand: the password, if any, from the URL. */
function flush(url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port || 6379), url.hostname);
    const login = url.password === '' ? '' : `AUTH ${decodeURIComponent(url.password)}\r\n`;
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (answer.includes('-')) reject(new Error(`Redis says ${answer}`));
      if (answer.split('+OK').length - 1 < (login === '' ? 1 : 2)) return;
      socket.end();
      resolve();
    });
    socket.on('error', reject);
    socket.write(`${login}FLUSHALL\r\n`);
  });
}
