import { serviceNames } from '@plexus/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReplicaSet, startReplicaSet } from './replica-set.ts';
import { keysOf, type SteadyLoad, startSteadyLoad } from './steady-load.ts';

/** The long run, on a machine that is busy: PLEXUS_TEST_ROLLING_REQUESTS=200000 PLEXUS_TEST_ROLLING_UPGRADES=20. */
const REQUESTS = Number(process.env['PLEXUS_TEST_ROLLING_REQUESTS'] ?? 20_000);
const UPGRADES = Number(process.env['PLEXUS_TEST_ROLLING_UPGRADES'] ?? 1);

let set: ReplicaSet;
let load: SteadyLoad;

beforeAll(async () => {
  set = await startReplicaSet();
  load = await startSteadyLoad(set.url, { users: 8, rooms: 4 });
}, 300_000);

afterAll(() => set?.stop());

test(
  `two replicas of each service, replaced one by one under load, ${UPGRADES} times: no request of ${REQUESTS} fails, no long poll ends but with 200`,
  async () => {
    await load.reached(500);
    for (let upgrade = 0; upgrade < UPGRADES; upgrade++) {
      for (const service of serviceNames) {
        for (const index of [0, 1]) expect(await set.replace(service, index)).toEqual({ exitCode: 0 });
      }
      console.info(`upgrade ${upgrade + 1} of ${UPGRADES}: ${load.requests} requests, ${load.failures.length} failed`);
    }
    const whileReplacing = load.requests;
    await load.reached(REQUESTS);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.requests).toBeGreaterThanOrEqual(REQUESTS);
    console.info(
      `${load.requests} requests, ${load.longPolls} of them long polls, ${whileReplacing} until all replicas were replaced; ${load.failures.length} failed`,
    );
  },
  400_000 * UPGRADES,
);

test('what was acked meanwhile is there once', async () => {
  const [reader] = load.users;
  if (reader === undefined) throw new Error('no user');
  const pages = await Promise.all(load.rooms.map((roomId) => keysOf(reader, roomId)));
  const found = new Map(pages.flatMap((page) => [...page]));
  expect([...load.acked].filter(([key, eventId]) => found.get(key)?.join() !== eventId)).toEqual([]);
  expect(found.size).toBe(load.acked.size);
}, 120_000);
