import { sql } from '@plexus/postgres';
import { onKnownNode } from './state-rows.ts';

/** Parameters of every batch, and those of batches that hold more than messages. */
const commonTypes = {
  part_room: 'int[]',
  part_expected: 'bigint[]',
  part_version: 'bigint[]',
  part_extremities: 'text[]',
  part_snapshot: 'bigint[]',
  part_depth: 'bigint[]',
  transaction_key: 'uuid[]',
  transaction_room: 'int[]',
  entries: 'bigint',
  event: 'bigint[]',
  event_place: 'int[]',
  event_snapshot: 'bigint[]',
  event_room: 'int[]',
  event_type: 'int[]',
  event_state_key: 'int[]',
  event_sender: 'int[]',
  event_id_head: 'uuid[]',
  event_id_tail: 'uuid[]',
  body_json: 'text[]',
  body_redacted_by: 'bigint[]',
  body_replaces: 'bigint[]',
  body_previous: 'bigint[]',
  body_device_id: 'text[]',
  body_transaction_id: 'text[]',
  body_traceparent: 'text[]',
  transaction_event: 'bigint[]',
} as const;
const rareTypes = {
  alias: 'text[]',
  room: 'int[]',
  room_id: 'text[]',
  room_version: 'text[]',
  published: 'boolean[]',
  alias_room: 'int[]',
  alias_creator: 'int[]',
  node: 'bigint[]',
  node_content: 'bytea[]',
  state_room: 'int[]',
  state_type: 'int[]',
  state_key: 'int[]',
  state_event: 'bigint[]',
  member_room: 'int[]',
  member_user: 'int[]',
  membership: 'smallint[]',
  member_event: 'bigint[]',
  redacted: 'bigint[]',
  redacted_by: 'bigint[]',
  redacted_json: 'text[]',
  original: 'bigint[]',
  original_json: 'text[]',
  entry_place: 'int[]',
  entry_kind: 'smallint[]',
  entry_room: 'int[]',
  entry_event: 'bigint[]',
  entry_cause: 'bigint[]',
  entry_traceparent: 'text[]',
} as const;

const inputTypes = {
  verdict_event: 'bigint[]',
  event_verdict: 'smallint[]',
  verdict_reason: 'text[]',
  invite_event: 'bigint[]',
  invite_state: 'text[]',
  transition_place: 'int[]',
  transition_room: 'int[]',
  transition_before: 'bigint[]',
  transition_after: 'bigint[]',
  placed: 'bigint[]',
  placed_place: 'int[]',
  placed_snapshot: 'bigint[]',
  placed_replaces: 'bigint[]',
  placed_previous: 'bigint[]',
  placed_json: 'text[]',
  placed_redacted_by: 'bigint[]',
  placed_traceparent: 'text[]',
  history_event: 'bigint[]',
  history_after: 'bigint[]',
  history_depth: 'bigint[]',
  emptied_room: 'int[]',
  emptied_type: 'int[]',
  emptied_key: 'int[]',
  departed_room: 'int[]',
  departed: 'int[]',
  backward_room: 'int[]',
  backward_head: 'uuid[]',
  backward_tail: 'uuid[]',
  backward_event: 'bigint[]',
  filled_room: 'int[]',
  filled_head: 'uuid[]',
  filled_tail: 'uuid[]',
  pending_room: 'int[]',
  pending_head: 'uuid[]',
  pending_tail: 'uuid[]',
  pending_event: 'bigint[]',
  met_room: 'int[]',
  met_head: 'uuid[]',
  met_tail: 'uuid[]',
} as const;

export type CommonParameter = keyof typeof commonTypes;
export type RareParameter = keyof typeof rareTypes;
export type InputParameter = keyof typeof inputTypes;

const commonSteps = `heads AS (
    UPDATE roomserver.room_heads h
    SET version = p.version, extremities = p.extremities::bigint[], snapshot = p.snapshot, depth = p.depth
    FROM counter, part p WHERE h.room = p.room AND p.expected > 0 AND p.version > p.expected),
  new_events AS (
    INSERT INTO roomserver.events (event, position, snapshot, room, type, state_key, sender, id_head, id_tail)
    SELECT e.event, base + e.place, e.snapshot, e.room, e.type, e.state_key, e.sender, e.id_head, e.id_tail
    FROM counter, given,
      unnest(event, event_place, event_snapshot, event_room, event_type, event_state_key, event_sender, event_id_head, event_id_tail)
      AS e(event, place, snapshot, room, type, state_key, sender, id_head, id_tail)),
  new_bodies AS (
    INSERT INTO roomserver.event_bodies (event, folded_json, redacted_by, replaces, previous, device_id, transaction_id, traceparent)
    SELECT b.* FROM counter, given,
      unnest(event, body_json, body_redacted_by, body_replaces, body_previous, body_device_id, body_transaction_id, body_traceparent) AS b),
  new_transactions AS (
    INSERT INTO roomserver.transactions (key, event)
    SELECT t.* FROM counter, given, unnest(transaction_key, transaction_event) AS t)`;

const rareSteps = `new_rooms AS (
    INSERT INTO roomserver.rooms (room, room_id, room_version, published)
    SELECT r.* FROM counter, given, unnest(room, room_id, room_version, published) AS r),
  new_heads AS (
    INSERT INTO roomserver.room_heads (room, version, extremities, snapshot, depth)
    SELECT p.room, p.version, p.extremities::bigint[], p.snapshot, p.depth FROM counter, part p WHERE p.expected = 0),
  new_aliases AS (
    INSERT INTO roomserver.aliases (alias, room, creator)
    SELECT a.* FROM counter, given, unnest(alias, alias_room, alias_creator) AS a),
  new_nodes AS (
    INSERT INTO roomserver.state_nodes AS n (address, generation, content)
    SELECT s.address, counter.generation, s.content FROM counter, given, unnest(node, node_content) AS s(address, content)
    ${onKnownNode}),
  new_state AS (
    INSERT INTO roomserver.current_state (room, type, state_key, event)
    SELECT s.* FROM counter, given, unnest(state_room, state_type, state_key, state_event) AS s
    ON CONFLICT (room, type, state_key) DO UPDATE SET event = excluded.event),
  new_memberships AS (
    INSERT INTO roomserver.memberships (room, user_number, membership, event)
    SELECT m.* FROM counter, given, unnest(member_room, member_user, membership, member_event) AS m
    ON CONFLICT (room, user_number) DO UPDATE SET membership = excluded.membership, event = excluded.event),
  redactions AS (
    UPDATE roomserver.event_bodies b SET folded_json = r.json, block = NULL, redacted_by = r.redacted_by
    FROM counter, given, unnest(given.redacted, given.redacted_by, given.redacted_json) AS r(event, redacted_by, json) WHERE b.event = r.event),
  new_originals AS (
    INSERT INTO roomserver.redacted_originals (event, folded_json)
    SELECT o.* FROM counter, given, unnest(original, original_json) AS o ON CONFLICT DO NOTHING),
  new_entries AS (
    INSERT INTO roomserver.log_entries (position, kind, room, event, cause, traceparent)
    SELECT base + l.place, l.kind, l.room, l.event, l.cause, l.traceparent
    FROM counter, given, unnest(entry_place, entry_kind, entry_room, entry_event, entry_cause, entry_traceparent)
      AS l(place, kind, room, event, cause, traceparent))`;

const inputSteps = `new_verdicts AS (
    INSERT INTO roomserver.event_verdicts (event, verdict, reason)
    SELECT v.* FROM counter, given, unnest(verdict_event, event_verdict, verdict_reason) AS v
    ON CONFLICT (event) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason),
  new_invite_states AS (
    INSERT INTO roomserver.invite_states (event, stripped_state)
    SELECT i.* FROM counter, given, unnest(invite_event, invite_state) AS i),
  new_transitions AS (
    INSERT INTO roomserver.state_transitions (position, room, before, after)
    SELECT base + t.place, t.room, t.before, t.after
    FROM counter, given, unnest(transition_place, transition_room, transition_before, transition_after) AS t(place, room, before, after)),
  placed_events AS (
    UPDATE roomserver.events e SET position = coalesce(base + p.place, e.position), snapshot = p.snapshot
    FROM counter, given, unnest(given.placed, given.placed_place, given.placed_snapshot) AS p(event, place, snapshot)
    WHERE e.event = p.event),
  placed_bodies AS (
    UPDATE roomserver.event_bodies b SET replaces = p.replaces, previous = p.previous, traceparent = p.traceparent,
      folded_json = coalesce(p.json, b.folded_json), block = CASE WHEN p.json IS NULL THEN b.block END,
      redacted_by = coalesce(p.redacted_by, b.redacted_by)
    FROM counter, given, unnest(given.placed, given.placed_replaces, given.placed_previous, given.placed_traceparent, given.placed_json,
      given.placed_redacted_by) AS p(event, replaces, previous, traceparent, json, redacted_by)
    WHERE b.event = p.event),
  new_history_places AS (
    INSERT INTO roomserver.history_places (event, after_position, depth)
    SELECT h.* FROM counter, given, unnest(history_event, history_after, history_depth) AS h),
  emptied_places AS (
    DELETE FROM roomserver.current_state s USING counter, given, unnest(emptied_room, emptied_type, emptied_key) AS g(room, type, state_key)
    WHERE s.room = g.room AND s.type = g.type AND s.state_key = g.state_key),
  departed_members AS (
    DELETE FROM roomserver.memberships m USING counter, given, unnest(departed_room, departed) AS g(room, user_number)
    WHERE m.room = g.room AND m.user_number = g.user_number),
  filled_extremities AS (
    DELETE FROM roomserver.backward_extremities b USING counter, given, unnest(filled_room, filled_head, filled_tail) AS f(room, head, tail)
    WHERE b.room = f.room AND b.id_head = f.head AND b.id_tail = f.tail),
  new_extremities AS (
    INSERT INTO roomserver.backward_extremities (room, id_head, id_tail, event)
    SELECT b.* FROM counter, given, unnest(backward_room, backward_head, backward_tail, backward_event) AS b ON CONFLICT DO NOTHING),
  met_redactions AS (
    DELETE FROM roomserver.pending_redactions r USING counter, given, unnest(met_room, met_head, met_tail) AS m(room, head, tail)
    WHERE r.room = m.room AND r.id_head = m.head AND r.id_tail = m.tail),
  new_pending AS (
    INSERT INTO roomserver.pending_redactions (room, id_head, id_tail, event)
    SELECT r.* FROM counter, given, unnest(pending_room, pending_head, pending_tail, pending_event) AS r ON CONFLICT DO NOTHING)`;

/** Without entries the counter stays, and what hangs on its row is not written; events of others may have none. */
const WITH_ENTRIES = 'AND (SELECT entries FROM given) > 0';

/**
 * One batch of the committer, whole or not at all, in one round trip.
 *
 * `guarded` locks the heads, in order of rooms, and keeps those that are as the batch expects them; a head that another process changes
 * meanwhile is looked at again after the wait and drops out. Only when all heads are there, no transaction id was seen before and no alias
 * is taken does the counter move, and everything else hangs on the row that it returns. Otherwise nothing is written, and the answer says
 * what was in the way: the committer sends the rest again. Filtering refused rooms inside would number the entries by a window function
 * and join every table with the accepted rooms, for a case that is rare.
 *
 * The lock on the counter row comes after the heads' in every batch, so two processes cannot wait for each other.
 *
 * Batches of messages alone have a statement without the other steps, which cost 0.3 ms a batch though nothing is in them. `given` names
 * the parameters.
 */
function commitText(
  types: Readonly<Record<string, string>>,
  taken: string,
  steps: string,
  when = WITH_ENTRIES,
): string {
  const given = Object.entries(types).map(([name, type], index) => `$${index + 1}::${type} AS ${name}`);
  return `WITH given AS MATERIALIZED (SELECT ${given.join(', ')}),
  part AS MATERIALIZED (
    SELECT p.* FROM given, unnest(part_room, part_expected, part_version, part_extremities, part_snapshot, part_depth)
      AS p(room, expected, version, extremities, snapshot, depth)),
  guarded AS MATERIALIZED (
    SELECT h.room FROM roomserver.room_heads h JOIN part p ON p.room = h.room
    WHERE p.expected > 0 AND h.version = p.expected ORDER BY h.room FOR UPDATE OF h),
  seen AS MATERIALIZED (
    SELECT DISTINCT k.room FROM given, unnest(transaction_key, transaction_room) AS k(key, room)
    JOIN roomserver.transactions t ON t.key = k.key),
  taken AS MATERIALIZED (${taken}),
  verdict AS MATERIALIZED (
    SELECT (SELECT count(*) FROM guarded) = (SELECT count(*) FROM part WHERE expected > 0)
      AND NOT EXISTS (SELECT FROM seen) AND NOT EXISTS (SELECT FROM taken) AS ok),
  counter AS (
    UPDATE roomserver.log_counter SET position = position + (SELECT entries FROM given)
    WHERE log = 'ROOM_LOG' AND partition = 0 ${when} AND (SELECT ok FROM verdict)
    RETURNING position - (SELECT entries FROM given) AS base, state_generation AS generation),
  ${steps}
  SELECT (SELECT ok FROM verdict) AS ok, (SELECT base FROM counter) AS base,
    ARRAY(SELECT p.room FROM part p WHERE p.expected > 0 AND p.room NOT IN (SELECT room FROM guarded)) AS stale,
    ARRAY(SELECT room FROM seen) AS seen, ARRAY(SELECT alias FROM taken) AS taken`;
}

/** A batch of events that change no state. */
export const commitMessages = {
  statement: sql(
    'roomserver_commit_messages',
    commitText(commonTypes, `SELECT ''::text AS alias WHERE false`, commonSteps),
  ),
  parameters: Object.keys(commonTypes).filter(isCommonParameter),
};

const takenAliases = `SELECT a.alias FROM given, unnest(alias) AS wanted(alias) JOIN roomserver.aliases a ON a.alias = wanted.alias`;

/** A batch of anything of this server's. */
export const commitChanges = {
  statement: sql(
    'roomserver_commit_changes',
    commitText({ ...commonTypes, ...rareTypes }, takenAliases, `${commonSteps},\n  ${rareSteps}`),
  ),
  parameters: [
    ...Object.keys(commonTypes).filter(isCommonParameter),
    ...Object.keys(rareTypes).filter(isRareParameter),
  ] as const,
};

/** A batch with events of other servers in it. */
export const commitInputs = {
  statement: sql(
    'roomserver_commit_inputs',
    commitText(
      { ...commonTypes, ...rareTypes, ...inputTypes },
      takenAliases,
      `${commonSteps},\n  ${rareSteps},\n  ${inputSteps}`,
      '',
    ),
  ),
  parameters: [...commitChanges.parameters, ...Object.keys(inputTypes).filter(isInputParameter)] as const,
};

function isCommonParameter(name: string): name is CommonParameter {
  return name in commonTypes;
}

function isRareParameter(name: string): name is RareParameter {
  return name in rareTypes;
}

function isInputParameter(name: string): name is InputParameter {
  return name in inputTypes;
}

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
