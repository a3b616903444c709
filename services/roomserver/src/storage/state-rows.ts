import { sql } from '@plexus/postgres';

/** ($1 snapshot numbers) → every block of each, in its place in the list. */
export const selectSnapshots = sql(
  'roomserver_select_snapshots',
  `SELECT s.snapshot, list.place, b.block, encode(uuid_send(b.hash), 'hex') AS hash, b.entries
   FROM roomserver.state_snapshots s
   CROSS JOIN LATERAL unnest(s.blocks) WITH ORDINALITY AS list(block, place)
   JOIN roomserver.state_blocks b ON b.block = list.block
   WHERE s.snapshot = ANY($1::bigint[])
   ORDER BY s.snapshot, list.place`,
);

/** ($1 snapshot) → the blocks of its list without their content. */
export const selectSnapshotList = sql(
  'roomserver_select_snapshot_list',
  `SELECT b.block, encode(uuid_send(b.hash), 'hex') AS hash, octet_length(b.entries) AS bytes
   FROM roomserver.state_snapshots s
   CROSS JOIN LATERAL unnest(s.blocks) WITH ORDINALITY AS list(block, place)
   JOIN roomserver.state_blocks b ON b.block = list.block
   WHERE s.snapshot = $1 ORDER BY list.place`,
);

/** ($1 block numbers) → their content. */
export const selectBlocks = sql(
  'roomserver_select_blocks',
  `SELECT block, entries FROM roomserver.state_blocks WHERE block = ANY($1::bigint[])`,
);
