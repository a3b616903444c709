import { type Database, type Queryable, sql } from '@plexus/postgres';
import { EMPTY_STATE } from '../../state-store.ts';
import { replay } from '../../testing/replay.ts';
import { FirstFormatWriter } from './first-format-writer.ts';

const toSnapshots = sql(
  'test_set_event_snapshots',
  `UPDATE roomserver.events e SET snapshot = m.snapshot
   FROM unnest($1::bigint[], $2::bigint[]) AS m(event, snapshot) WHERE e.event = m.event`,
);
const toHeads = sql(
  'test_set_head_snapshots',
  `UPDATE roomserver.room_heads h SET snapshot = m.snapshot
   FROM unnest($1::int[], $2::bigint[]) AS m(room, snapshot) WHERE h.room = m.room`,
);
const statements = [
  `ALTER TABLE roomserver.events DROP CONSTRAINT events_snapshot_of_tree`,
  `TRUNCATE roomserver.state_nodes`,
  `UPDATE roomserver.state_migration SET phase = 'events', reached = 0, converted = 0, started_at = now(), converted_at = NULL`,
];
const constraints = [
  `ALTER TABLE roomserver.events ADD CONSTRAINT events_snapshot_of_tree
     CHECK (snapshot <= 0 OR snapshot >= 4503599627370496) NOT VALID`,
];

/** Brings a database whose rooms have no forks to what the version left that knew the first format alone. */
export async function toFirstFormat(database: Database): Promise<void> {
  const writer = new FirstFormatWriter();
  const heads = new Map<number, number>();
  const snapshots = (await replay(database)).map(({ event, room, change }) => {
    const snapshot = heads.get(room) ?? EMPTY_STATE;
    heads.set(room, change === undefined ? snapshot : writer.change(snapshot, change));
    return { event, snapshot };
  });
  await database.transaction(async (transaction) => {
    for (const text of statements) await run(transaction, text);
    await writer.store(transaction);
    await transaction.query(toSnapshots, [
      snapshots.map(({ event }) => event),
      snapshots.map(({ snapshot }) => snapshot),
    ]);
    await transaction.query(toHeads, [[...heads.keys()], [...heads.values()]]);
    for (const text of constraints) await run(transaction, text);
  });
}

async function run(queryable: Queryable, text: string): Promise<void> {
  const name = `test_${text.replace(/[^A-Za-z]+/g, '_').toLowerCase()}`.slice(0, 60);
  await queryable.query(sql(name, text), []);
}
