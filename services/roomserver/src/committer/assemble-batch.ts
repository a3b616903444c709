import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { SqlValue, Statement } from '@plexus/postgres';
import { foldJson } from '../domain/folded-json.ts';
import type { StateNode } from '../state-store/node-lookup.ts';
import {
  type CommonParameter,
  commitChanges,
  commitInputs,
  commitMessages,
  type RareParameter,
} from '../storage/commit.ts';
import { inputColumns } from './input-columns.ts';
import type { EventRow, LogItem, RedactionRow, RoomCommit, RoomHead } from './room-commit.ts';

/** The commits of a batch as a statement with its values, and its log entries without their positions. */
export interface AssembledBatch {
  readonly statement: Statement;
  readonly values: readonly SqlValue[];
  readonly log: readonly LogItem[];
}

/** Puts the commits together; those of one room must follow each other in the order in which they were built on each other. */
export function assembleBatch(commits: readonly RoomCommit[]): AssembledBatch {
  const log = commits.flatMap((commit) => commit.log);
  const events = placeEvents(commits, log);
  const redactions = splitRedactions(commits, events);
  const common: Record<CommonParameter, SqlValue> = {
    entries: log.length,
    ...roomParts(commits),
    ...transactionColumns(events),
    ...eventColumns(events),
    ...bodyColumns(events, redactions.inBatch),
  };
  if (commits.every(changesNoState))
    return {
      statement: commitMessages.statement,
      values: commitMessages.parameters.map((name) => common[name]),
      log,
    };
  const columns: Record<CommonParameter | RareParameter, SqlValue> = {
    ...common,
    ...createdColumns(commits),
    ...stateColumns(commits),
    ...currentColumns(commits),
    ...redactionColumns(
      redactions,
      events,
      new Set(commits.flatMap(({ input }) => input?.placed ?? []).map(({ event }) => event)),
    ),
    ...entryColumns(commits, log),
  };
  if (commits.every(({ input }) => input === undefined))
    return {
      statement: commitChanges.statement,
      values: commitChanges.parameters.map((name) => columns[name]),
      log,
    };
  const withInput = { ...columns, ...inputColumns(commits, placesOf(log)) };
  return { statement: commitInputs.statement, values: commitInputs.parameters.map((name) => withInput[name]), log };
}

interface PlacedEvent extends EventRow {
  readonly room: number;
  /** Of its log entry in the batch, from 1; null for events that are no entry. */
  readonly place: number | null;
}

function changesNoState({ input, created, stateWrites, redactions, state, memberships }: RoomCommit): boolean {
  return (
    input === undefined &&
    created === undefined &&
    stateWrites.length + redactions.length + state.length + memberships.length === 0
  );
}

/** The entries of the batch with their positions, in order. */
export function positioned(log: readonly LogItem[], base: number): RoomLogEntry[] {
  return log.map((item, index) => ({
    position: base + index + 1,
    traceparent: item.traceparent,
    kind: item.entry,
  }));
}

function placeEvents(commits: readonly RoomCommit[], log: readonly LogItem[]): PlacedEvent[] {
  const places = placesOf(log);
  return commits.flatMap((commit) =>
    commit.events.map((row) => ({ ...row, room: commit.room, place: places.get(row.event) ?? null })),
  );
}

/** By event, the places of entries that are its place in the timeline. */
function placesOf(log: readonly LogItem[]): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  log.forEach((item, index) => {
    if (item.kind === 'event') places.set(item.event, index + 1);
  });
  return places;
}

/** One row a room: the head as the first of its commits expects it and as the last leaves it. */
function roomParts(commits: readonly RoomCommit[]) {
  const parts = new Map<number, { expected: number; head: RoomHead }>();
  for (const { room, expected, head } of commits)
    parts.set(room, { expected: parts.get(room)?.expected ?? expected, head });
  const rows = [...parts.entries()];
  return {
    part_room: rows.map(([room]) => room),
    part_expected: rows.map(([, { expected }]) => expected),
    part_version: rows.map(([, { head }]) => head.version),
    part_extremities: rows.map(([, { head }]) => arrayText(head.extremities)),
    part_snapshot: rows.map(([, { head }]) => head.snapshot),
    part_depth: rows.map(([, { head }]) => head.depth),
  };
}

function transactionColumns(events: readonly PlacedEvent[]) {
  const rows = events.filter(({ transactionKey }) => transactionKey !== undefined);
  return {
    transaction_key: rows.map(({ transactionKey }) => transactionKey ?? null),
    transaction_room: rows.map(({ room }) => room),
    transaction_event: rows.map(({ event }) => event),
  };
}

function createdColumns(commits: readonly RoomCommit[]) {
  const rooms = commits.flatMap(({ room, created }) => (created === undefined ? [] : [{ room, ...created }]));
  const aliases = rooms.flatMap(({ room, alias }) => (alias === undefined ? [] : [{ room, ...alias }]));
  return {
    room: rooms.map(({ room }) => room),
    room_id: rooms.map(({ roomId }) => roomId),
    room_version: rooms.map(({ roomVersion }) => roomVersion),
    published: rooms.map(({ published }) => published),
    alias: aliases.map(({ alias }) => alias),
    alias_room: aliases.map(({ room }) => room),
    alias_creator: aliases.map(({ creator }) => creator),
  };
}

function eventColumns(events: readonly PlacedEvent[]) {
  return {
    event: events.map(({ event }) => event),
    event_place: events.map(({ place }) => place),
    event_snapshot: events.map(({ snapshotBefore }) => snapshotBefore),
    event_room: events.map(({ room }) => room),
    event_type: events.map(({ type }) => type),
    event_state_key: events.map(({ stateKey }) => stateKey ?? 0),
    event_sender: events.map(({ sender }) => sender),
    event_id_head: events.map(({ key }) => key.head),
    event_id_tail: events.map(({ key }) => key.tail),
  };
}

type Redactions = ReadonlyMap<number, { readonly redactedBy: number; readonly json: string }>;

function bodyColumns(events: readonly PlacedEvent[], redacted: Redactions) {
  return {
    body_json: events.map(({ event, json }) => foldJson(redacted.get(event)?.json ?? json)),
    body_redacted_by: events.map(({ event }) => redacted.get(event)?.redactedBy ?? null),
    body_replaces: events.map(({ replaces }) => replaces ?? null),
    body_previous: events.map(({ previous }) => previous ?? null),
    body_device_id: events.map(({ deviceId }) => deviceId ?? null),
    body_transaction_id: events.map(({ transactionId }) => transactionId ?? null),
    body_traceparent: events.map(({ traceparent }) => (traceparent === '' ? null : traceparent)),
  };
}

function nodesOf({ stateWrites }: RoomCommit): readonly StateNode[] {
  return stateWrites.flatMap(({ nodes }) => nodes);
}

/** Each node once, as a statement may touch a row once; in the order of addresses, so that no two statements wait for each other. */
function stateColumns(commits: readonly RoomCommit[]) {
  const byAddress = new Map(commits.flatMap(nodesOf).map((node) => [node.address, node]));
  const nodes = [...byAddress.values()].sort((a, b) => a.address - b.address);
  return {
    node: nodes.map(({ address }) => address),
    node_content: nodes.map(({ content }) => content),
  };
}

/** A statement may touch a row once, so of several changes at one place the last stands. */
function currentColumns(commits: readonly RoomCommit[]) {
  const state = new Map<string, { room: number; type: number; stateKey: number; event: number }>();
  const members = new Map<string, { room: number; user: number; membership: number; event: number }>();
  for (const { room, state: changes, memberships } of commits) {
    for (const row of changes) state.set(`${room} ${row.type} ${row.stateKey}`, { room, ...row });
    for (const row of memberships) members.set(`${room} ${row.user}`, { room, ...row });
  }
  const stateRows = [...state.values()];
  const memberRows = [...members.values()];
  return {
    state_room: stateRows.map((row) => row.room),
    state_type: stateRows.map((row) => row.type),
    state_key: stateRows.map((row) => row.stateKey),
    state_event: stateRows.map((row) => row.event),
    member_room: memberRows.map((row) => row.room),
    member_user: memberRows.map((row) => row.user),
    membership: memberRows.map((row) => row.membership),
    member_event: memberRows.map((row) => row.event),
  };
}

interface SplitRedactions {
  readonly stored: readonly RedactionRow[];
  readonly inBatch: Redactions;
}

/** A statement does not see the rows it inserts: what is redacted in the batch that brings it is inserted redacted. */
function splitRedactions(commits: readonly RoomCommit[], events: readonly PlacedEvent[]): SplitRedactions {
  const inserted = new Set(events.map(({ event }) => event));
  const all = new Map(commits.flatMap((commit) => commit.redactions.map((row) => [row.event, row] as const)));
  return {
    stored: [...all.values()].filter(({ event }) => !inserted.has(event)),
    inBatch: new Map([...all].filter(([event]) => inserted.has(event))),
  };
}

/** A statement may update a row once, so the body of an outlier that gets its place is written there, redacted too. */
function redactionColumns(
  { stored, inBatch }: SplitRedactions,
  events: readonly PlacedEvent[],
  placed: ReadonlySet<number>,
) {
  const inserted = inBatch.size === 0 ? [] : events.filter(({ event }) => inBatch.has(event));
  const originals = [...stored.map(({ event, original }) => ({ event, json: original })), ...inserted];
  const updated = stored.filter(({ event }) => !placed.has(event));
  return {
    redacted: updated.map(({ event }) => event),
    redacted_by: updated.map(({ redactedBy }) => redactedBy),
    redacted_json: updated.map(({ json }) => foldJson(json)),
    original: originals.map(({ event }) => event),
    original_json: originals.map(({ json }) => foldJson(json)),
  };
}

const KIND_REDACTED = 1;
const KIND_HISTORICAL = 2;

function entryColumns(commits: readonly RoomCommit[], log: readonly LogItem[]) {
  const rooms = new Map<LogItem, number>();
  for (const { room, log: items } of commits) for (const item of items) rooms.set(item, room);
  const rows = log.flatMap((item, index) =>
    item.kind === 'event' ? [] : [{ item, place: index + 1, room: rooms.get(item) ?? 0 }],
  );
  return {
    entry_place: rows.map(({ place }) => place),
    entry_kind: rows.map(({ item }) => (item.kind === 'redacted' ? KIND_REDACTED : KIND_HISTORICAL)),
    entry_room: rows.map(({ room }) => room),
    entry_event: rows.map(({ item }) => item.event),
    entry_cause: rows.map(({ item }) => (item.kind === 'redacted' ? item.cause : item.event)),
    entry_traceparent: rows.map(({ item }) => (item.traceparent === '' ? null : item.traceparent)),
  };
}

function arrayText(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}
