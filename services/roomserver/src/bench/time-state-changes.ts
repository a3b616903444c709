import { sql } from '@plexus/postgres';
import { withBenchContext } from './bench-context.ts';

const selectSnapshot = sql(
  'roomserver_bench_snapshot',
  `SELECT h.snapshot FROM roomserver.room_heads h JOIN roomserver.rooms r ON r.room = h.room WHERE r.room_id = $1`,
);
const WARM_UP = 500;

/** Microseconds of CPU that the state store takes for a change of one place, each built on the last, after some that warm it up. */
export function timeStateChanges(postgresUrl: string, roomId: string, changes: number): Promise<number> {
  return withBenchContext(postgresUrl, async ({ database, stateStore }) => {
    const [head] = await database.query<{ snapshot: number }>(selectSnapshot, [roomId]);
    if (head === undefined) throw new Error('the room is not there');
    const entries = (await stateStore.read([head.snapshot])).get(head.snapshot) ?? [];
    let snapshot = head.snapshot;
    const change = async (number: number) => {
      // A step that shares no divisor with the count visits all places.
      const entry = entries[(number * 7919) % entries.length];
      if (entry !== undefined)
        snapshot = (await stateStore.change(snapshot, [{ ...entry, event: entry.event + 1_000_000 }])).snapshot;
    };
    for (let number = 0; number < WARM_UP; number++) await change(number);
    const before = process.cpuUsage();
    for (let number = WARM_UP; number < WARM_UP + changes; number++) await change(number);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / changes;
  });
}
