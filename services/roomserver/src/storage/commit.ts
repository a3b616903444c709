import { sql } from '@plexus/postgres';

/**
 * One batch of the committer, whole or not at all, in one round trip.
 *
 * `guarded` locks the heads, in order of rooms, and keeps those that are as the batch expects them; a head that another process changes
 * meanwhile is looked at again after the wait and drops out. Only when all heads are there, no transaction id was seen before and no alias
 * is taken does the counter move, and everything else hangs on the row that it returns. Otherwise nothing is written, and the answer says
 * what was in the way: the committer sends the rest again. Filtering refused rooms inside would number the entries by a window function
 * and join every table with the accepted rooms, for a case that is rare.
 *
 * The lock on the counter row comes after the heads' in every batch, so two processes cannot wait for each other. Measured with 32
 * callers on 2 cores beside the spike's five inserts: see send-events.bench.ts.
 */
export const commitBatch = sql(
  'roomserver_commit_batch',
  `WITH part AS MATERIALIZED (
    SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[])
      AS p(room, expected, version, extremities, snapshot, depth)),
  guarded AS MATERIALIZED (
    SELECT h.room FROM roomserver.room_heads h JOIN part p ON p.room = h.room
    WHERE p.expected > 0 AND h.version = p.expected ORDER BY h.room FOR UPDATE OF h),
  seen AS MATERIALIZED (
    SELECT DISTINCT k.room FROM unnest($7::uuid[], $8::int[]) AS k(key, room) JOIN roomserver.transactions t ON t.key = k.key),
  taken AS MATERIALIZED (
    SELECT alias FROM roomserver.aliases WHERE alias = ANY($9::text[])),
  verdict AS MATERIALIZED (
    SELECT (SELECT count(*) FROM guarded) = (SELECT count(*) FROM part WHERE expected > 0)
      AND NOT EXISTS (SELECT FROM seen) AND NOT EXISTS (SELECT FROM taken) AS ok),
  counter AS (
    UPDATE roomserver.log_counter SET position = position + $10::bigint
    WHERE log = 'ROOM_LOG' AND partition = 0 AND $10::bigint > 0 AND (SELECT ok FROM verdict)
    RETURNING position - $10::bigint AS base),
  new_rooms AS (
    INSERT INTO roomserver.rooms (room, room_id, room_version, published)
    SELECT r.* FROM counter, unnest($11::int[], $12::text[], $13::text[], $14::boolean[]) AS r(room, room_id, version, published)),
  new_heads AS (
    INSERT INTO roomserver.room_heads (room, version, extremities, snapshot, depth)
    SELECT p.room, p.version, p.extremities::bigint[], p.snapshot, p.depth FROM counter, part p WHERE p.expected = 0),
  new_aliases AS (
    INSERT INTO roomserver.aliases (alias, room, creator)
    SELECT a.* FROM counter, unnest($9::text[], $15::int[], $16::int[]) AS a(alias, room, creator)),
  heads AS (
    UPDATE roomserver.room_heads h
    SET version = p.version, extremities = p.extremities::bigint[], snapshot = p.snapshot, depth = p.depth
    FROM counter, part p WHERE h.room = p.room AND p.expected > 0 AND p.version > p.expected),
  new_events AS (
    INSERT INTO roomserver.events (event, position, snapshot, room, type, state_key, sender, id_head, id_tail)
    SELECT e.event, counter.base + e.place, e.snapshot, e.room, e.type, e.state_key, e.sender, e.head, e.tail
    FROM counter, unnest($17::bigint[], $18::int[], $19::bigint[], $20::int[], $21::int[], $22::int[], $23::int[], $24::uuid[], $25::uuid[])
      AS e(event, place, snapshot, room, type, state_key, sender, head, tail)),
  new_bodies AS (
    INSERT INTO roomserver.event_bodies (event, json, redacted_by, replaces, device_id, transaction_id, traceparent)
    SELECT b.* FROM counter, unnest($17::bigint[], $26::text[], $27::bigint[], $28::bigint[], $29::text[], $30::text[], $31::text[])
      AS b(event, json, redacted_by, replaces, device_id, transaction_id, traceparent)),
  new_transactions AS (
    INSERT INTO roomserver.transactions (key, event)
    SELECT t.* FROM counter, unnest($7::uuid[], $32::bigint[]) AS t(key, event)),
  new_blocks AS (
    INSERT INTO roomserver.state_blocks (block, hash, entries)
    SELECT b.* FROM counter, unnest($33::bigint[], $34::uuid[], $35::bytea[]) AS b(block, hash, entries)),
  new_snapshots AS (
    INSERT INTO roomserver.state_snapshots (snapshot, hash, blocks)
    SELECT s.snapshot, s.hash, s.blocks::bigint[]
    FROM counter, unnest($36::bigint[], $37::uuid[], $38::text[]) AS s(snapshot, hash, blocks)),
  new_state AS (
    INSERT INTO roomserver.current_state (room, type, state_key, event)
    SELECT s.* FROM counter, unnest($39::int[], $40::int[], $41::int[], $42::bigint[]) AS s(room, type, state_key, event)
    ON CONFLICT (room, type, state_key) DO UPDATE SET event = excluded.event),
  new_memberships AS (
    INSERT INTO roomserver.memberships (room, user_number, membership, event)
    SELECT m.* FROM counter, unnest($43::int[], $44::int[], $45::smallint[], $46::bigint[]) AS m(room, user_number, membership, event)
    ON CONFLICT (room, user_number) DO UPDATE SET membership = excluded.membership, event = excluded.event),
  originals AS (
    INSERT INTO roomserver.redacted_originals (event, json)
    SELECT b.event, b.json FROM counter, unnest($47::bigint[]) AS r(event) JOIN roomserver.event_bodies b ON b.event = r.event
    ON CONFLICT DO NOTHING),
  redacted AS (
    UPDATE roomserver.event_bodies b SET json = r.json, redacted_by = r.redacted_by
    FROM counter, unnest($47::bigint[], $48::bigint[], $49::text[]) AS r(event, redacted_by, json) WHERE b.event = r.event),
  new_originals AS (
    INSERT INTO roomserver.redacted_originals (event, json)
    SELECT o.* FROM counter, unnest($50::bigint[], $51::text[]) AS o(event, json)),
  new_entries AS (
    INSERT INTO roomserver.log_entries (position, kind, room, event, cause, traceparent)
    SELECT counter.base + l.place, l.kind, l.room, l.event, l.cause, l.traceparent
    FROM counter, unnest($52::int[], $53::smallint[], $54::int[], $55::bigint[], $56::bigint[], $57::text[])
      AS l(place, kind, room, event, cause, traceparent))
  SELECT (SELECT ok FROM verdict) AS ok, (SELECT base FROM counter) AS base,
    ARRAY(SELECT p.room FROM part p WHERE p.expected > 0 AND p.room NOT IN (SELECT room FROM guarded)) AS stale,
    ARRAY(SELECT room FROM seen) AS seen, ARRAY(SELECT alias FROM taken) AS taken`,
);

export interface CommitRow {
  /** Whether the batch is committed. */
  readonly ok: boolean;
  /** Position before the first entry; null without entries. */
  readonly base: number | null;
  /** Rooms whose head is not as expected. */
  readonly stale: number[];
  /** Rooms with a transaction id that was seen before. */
  readonly seen: number[];
  readonly taken: string[];
}
