import type { SqlValue } from '@plexus/postgres';
import { foldJson } from '../domain/folded-json.ts';
import type { InputParameter } from '../storage/commit.ts';
import type { InputRows, RoomCommit } from './room-commit.ts';

/** What a batch writes for events of other servers; `places` are those of the log entries of its events, from 1. */
export function inputColumns(
  commits: readonly RoomCommit[],
  places: ReadonlyMap<number, number>,
): Record<InputParameter, SqlValue> {
  const rowsOf = <Row>(select: (input: InputRows) => readonly Row[]) =>
    commits.flatMap(({ room, input }) => (input === undefined ? [] : select(input).map((row) => ({ room, row }))));
  const verdicts = rowsOf(({ verdicts: rows }) => rows);
  const inviteStates = rowsOf(({ inviteStates: rows }) => rows);
  const transitions = rowsOf(({ transitions: rows }) => rows);
  const placed = rowsOf(({ placed: rows }) => rows);
  const historyPlaces = rowsOf(({ historyPlaces: rows }) => rows);
  const redactions = new Map(commits.flatMap((commit) => commit.redactions.map((row) => [row.event, row] as const)));
  return {
    verdict_event: verdicts.map(({ row }) => row.event),
    event_verdict: verdicts.map(({ row }) => row.verdict),
    verdict_reason: verdicts.map(({ row }) => row.reason),
    invite_event: inviteStates.map(({ row }) => row.event),
    invite_state: inviteStates.map(({ row }) => row.strippedState),
    transition_place: transitions.map(({ row }) => places.get(row.event) ?? null),
    transition_room: transitions.map(({ room }) => room),
    transition_before: transitions.map(({ row }) => row.before),
    transition_after: transitions.map(({ row }) => row.after),
    placed: placed.map(({ row }) => row.event),
    placed_place: placed.map(({ row }) => places.get(row.event) ?? null),
    placed_snapshot: placed.map(({ row }) => row.snapshotBefore),
    placed_replaces: placed.map(({ row }) => row.replaces ?? null),
    placed_previous: placed.map(({ row }) => row.previous ?? null),
    placed_json: placed.map(({ row }) => foldedOrNull(redactions.get(row.event)?.json)),
    placed_redacted_by: placed.map(({ row }) => redactions.get(row.event)?.redactedBy ?? null),
    placed_traceparent: placed.map(({ row }) => (row.traceparent === '' ? null : row.traceparent)),
    history_event: historyPlaces.map(({ row }) => row.event),
    history_after: historyPlaces.map(({ row }) => row.afterPosition),
    history_depth: historyPlaces.map(({ row }) => row.depth),
    ...currentStateColumns(
      rowsOf(({ emptied }) => emptied),
      rowsOf(({ departed }) => departed),
    ),
    ...keyColumns(rowsOf),
  };
}

function foldedOrNull(json: string | undefined): string | null {
  return json === undefined ? null : foldJson(json);
}

interface InRoom<Row> {
  readonly room: number;
  readonly row: Row;
}

function currentStateColumns(
  emptied: readonly InRoom<InputRows['emptied'][number]>[],
  departed: readonly InRoom<number>[],
) {
  return {
    emptied_room: emptied.map(({ room }) => room),
    emptied_type: emptied.map(({ row }) => row.type),
    emptied_key: emptied.map(({ row }) => row.stateKey),
    departed_room: departed.map(({ room }) => room),
    departed: departed.map(({ row }) => row),
  };
}

function keyColumns(rowsOf: <Row>(select: (input: InputRows) => readonly Row[]) => readonly InRoom<Row>[]) {
  const backward = rowsOf((input) => input.backward);
  const filled = rowsOf((input) => input.filled);
  const pending = rowsOf((input) => input.pendingRedactions);
  const met = rowsOf((input) => input.metRedactions);
  return {
    backward_room: backward.map(({ room }) => room),
    backward_head: backward.map(({ row }) => row.key.head),
    backward_tail: backward.map(({ row }) => row.key.tail),
    backward_event: backward.map(({ row }) => row.event),
    filled_room: filled.map(({ room }) => room),
    filled_head: filled.map(({ row }) => row.head),
    filled_tail: filled.map(({ row }) => row.tail),
    pending_room: pending.map(({ room }) => room),
    pending_head: pending.map(({ row }) => row.target.head),
    pending_tail: pending.map(({ row }) => row.target.tail),
    pending_event: pending.map(({ row }) => row.event),
    met_room: met.map(({ room }) => room),
    met_head: met.map(({ row }) => row.head),
    met_tail: met.map(({ row }) => row.tail),
  };
}
