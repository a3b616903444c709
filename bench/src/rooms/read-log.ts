import { measured } from '../measure/measurement.ts';
import { prepare } from '../scenarios/scenario.ts';
import { makeRoom, message, send } from './requests.ts';
import type { RoomsScenario } from './rooms-bench.ts';

const ENTRIES = 50_000;
const ROOMS = 100;
const EVENTS_PER_CALL = 100;
const ENTRIES_PER_READ = 1_000;

/** A reader that has missed 50,000 entries catches up, over gRPC, one call after the other. */
export const readLog: RoomsScenario = async (bench) => {
  const { client, serverName, groups } = bench.target;
  const sender = `@log:${serverName}`;
  const rooms = await prepare(ROOMS, 8, () => makeRoom(client, sender));
  const entries = bench.scale(ENTRIES);
  const { head: start } = await client.readLog({ from: 1, to: 1, limit: 1, partition: 0 });
  await prepare(Math.ceil(entries / EVENTS_PER_CALL), 8, (call) =>
    send(
      client,
      Array.from({ length: EVENTS_PER_CALL }, (_, index) => {
        const number = call * EVENTS_PER_CALL + index;
        return message(rooms[number % ROOMS] ?? '', sender, number);
      }),
    ),
  );
  const measurement = await measured('ReadLog, catching up', groups, async (latencies) => {
    for (let next = start + 1; next <= start + entries; ) {
      const startedAt = performance.now();
      const answer = await client.readLog({ from: next, to: start + entries, limit: ENTRIES_PER_READ, partition: 0 });
      const each = (performance.now() - startedAt) / answer.entries.length;
      for (const { position } of answer.entries) {
        if (position !== next++) throw new Error(`entry ${position} came in the place of ${next - 1}`);
        latencies.push(each);
      }
    }
  });
  bench.add(measurement);
};
