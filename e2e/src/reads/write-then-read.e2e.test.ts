import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Load, startLoad } from '../failures/load.ts';
import { startReplicaSet } from '../rolling-upgrade/replica-set.ts';
import { startStack } from '../stack/stack.ts';
import { registerUser } from '../stack/user.ts';
import { ReadingUser } from './reading-user.ts';
import { type Miss, writeThenRead } from './write-then-read.ts';

/** Rounds of all writes and reads; some hundreds find what happens once in a while. */
const rounds = Number(process.env['PLEXUS_READ_ROUNDS'] ?? 2);
const roundsAtOnce = 2;
const msPerRound = 30_000;

/** A server that runs, and whoever may answer a read: its gateway, or each replica of syncapi. */
interface Server {
  readonly url: string;
  readonly readers: readonly string[];
  stop(): Promise<unknown>;
}

const servers: readonly (readonly [string, () => Promise<Server>])[] = [
  [
    'one process',
    async () => {
      const stack = await startStack('one');
      return { url: stack.url, readers: [stack.url], stop: () => stack[Symbol.asyncDispose]() };
    },
  ],
  [
    'a process for each service and two replicas of syncapi',
    async () => {
      const set = await startReplicaSet((service) => (service === 'syncapi' ? 2 : 1));
      const readers = [set.urlOf('syncapi', 0), set.urlOf('syncapi', 1)];
      return { url: set.url, readers, stop: () => set.stop() };
    },
  ],
];

describe.each(servers)('in %s, under load', (_name, start) => {
  let server: Server;
  let load: Load;

  beforeAll(async () => {
    server = await start();
    load = await startLoad(server.url, { users: 3, rooms: 2 });
  }, 300_000);

  afterAll(async () => {
    await load?.stop();
    await server?.stop();
  });

  it(
    'every write is seen by every read that begins after it was answered',
    async () => {
      const misses: Miss[] = [];
      let left = rounds;
      const runner = async () => {
        const [alice, bob] = await Promise.all([registerUser(server.url), registerUser(server.url)]);
        while (left-- > 0)
          misses.push(
            ...(await writeThenRead(new ReadingUser(alice, server.readers), new ReadingUser(bob, server.readers))),
          );
      };
      await Promise.all(Array.from({ length: Math.min(roundsAtOnce, rounds) }, runner));
      expect(misses).toEqual([]);
    },
    60_000 + rounds * msPerRound,
  );
});
