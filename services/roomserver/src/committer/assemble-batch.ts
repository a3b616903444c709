import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { SqlValue } from '@plexus/postgres';
import type { EventRow, LogItem, RoomCommit, RoomHead } from './room-commit.ts';

/** The commits of a batch as the parameters of the statement `commitBatch`, and its log entries without their positions. */
export interface AssembledBatch {
  readonly values: readonly SqlValue[];
  readonly log: readonly LogItem[];
}

interface PlacedEvent extends EventRow {
  readonly room: number;
  readonly place: number | null;
}

/** Puts the commits together; those of one room must follow each other in the order in which they were built on each other. */
export function assembleBatch(commits: readonly RoomCommit[]): AssembledBatch {
  const log = commits.flatMap((commit) => commit.log);
  const events = placeEvents(commits, log);
  const redactions = splitRedactions(commits, events);
  const values = [
    ...roomParts(commits),
    ...transactionColumns(events),
    ...createdColumns(commits, log.length),
    ...eventColumns(events),
    ...bodyColumns(events, redactions.inBatch),
    events.filter(({ transactionKey }) => transactionKey !== undefined).map(({ event }) => event),
    ...stateColumns(commits),
    ...currentColumns(commits),
    ...redactionColumns(redactions, events),
    ...entryColumns(commits, log),
  ];
  return { values, log };
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
  const places = new Map<number, number>();
  log.forEach((item, index) => {
    if (item.kind === 'event') places.set(item.event, index + 1);
  });
  return commits.flatMap((commit) =>
    commit.events.map((row) => ({ ...row, room: commit.room, place: places.get(row.event) ?? null })),
  );
}

/** One row a room: the head as the first of its commits expects it and as the last leaves it. */
function roomParts(commits: readonly RoomCommit[]): SqlValue[] {
  const parts = new Map<number, { expected: number; head: RoomHead }>();
  for (const { room, expected, head } of commits)
    parts.set(room, { expected: parts.get(room)?.expected ?? expected, head });
  const rows = [...parts.entries()];
  return [
    rows.map(([room]) => room),
    rows.map(([, { expected }]) => expected),
    rows.map(([, { head }]) => head.version),
    rows.map(([, { head }]) => arrayText(head.extremities)),
    rows.map(([, { head }]) => head.snapshot),
    rows.map(([, { head }]) => head.depth),
  ];
}

function transactionColumns(events: readonly PlacedEvent[]): SqlValue[] {
  const withTransaction = events.filter(({ transactionKey }) => transactionKey !== undefined);
  return [withTransaction.map(({ transactionKey }) => transactionKey ?? null), withTransaction.map(({ room }) => room)];
}

function createdColumns(commits: readonly RoomCommit[], entries: number): SqlValue[] {
  const rooms = commits.flatMap(({ room, created }) => (created === undefined ? [] : [{ room, ...created }]));
  const aliases = rooms.flatMap(({ room, alias }) => (alias === undefined ? [] : [{ room, ...alias }]));
  return [
    aliases.map(({ alias }) => alias),
    entries,
    rooms.map(({ room }) => room),
    rooms.map(({ roomId }) => roomId),
    rooms.map(({ roomVersion }) => roomVersion),
    rooms.map(({ published }) => published),
    aliases.map(({ room }) => room),
    aliases.map(({ creator }) => creator),
  ];
}

function eventColumns(events: readonly PlacedEvent[]): SqlValue[] {
  return [
    events.map(({ event }) => event),
    events.map(({ place }) => place),
    events.map(({ snapshotBefore }) => snapshotBefore),
    events.map(({ room }) => room),
    events.map(({ type }) => type),
    events.map(({ stateKey }) => stateKey ?? 0),
    events.map(({ sender }) => sender),
    events.map(({ key }) => key.head),
    events.map(({ key }) => key.tail),
  ];
}

type Redactions = ReadonlyMap<number, { readonly redactedBy: number; readonly json: string }>;

function bodyColumns(events: readonly PlacedEvent[], redacted: Redactions): SqlValue[] {
  return [
    events.map(({ event, json }) => redacted.get(event)?.json ?? json),
    events.map(({ event }) => redacted.get(event)?.redactedBy ?? null),
    events.map(({ replaces }) => replaces ?? null),
    events.map(({ deviceId }) => deviceId ?? null),
    events.map(({ transactionId }) => transactionId ?? null),
    events.map(({ traceparent }) => (traceparent === '' ? null : traceparent)),
  ];
}

function stateColumns(commits: readonly RoomCommit[]): SqlValue[] {
  const blocks = commits.flatMap((commit) => commit.blocks);
  const snapshots = commits.flatMap((commit) => commit.snapshots);
  return [
    blocks.map(({ block }) => block),
    blocks.map(({ hash }) => hash),
    blocks.map(({ entries }) => entries),
    snapshots.map(({ snapshot }) => snapshot),
    snapshots.map(({ hash }) => hash),
    snapshots.map(({ blocks: list }) => arrayText(list)),
  ];
}

/** A statement may touch a row once, so of several changes at one place the last stands. */
function currentColumns(commits: readonly RoomCommit[]): SqlValue[] {
  const state = new Map<string, { room: number; type: number; stateKey: number; event: number }>();
  const members = new Map<string, { room: number; user: number; membership: number; event: number }>();
  for (const { room, state: changes, memberships } of commits) {
    for (const row of changes) state.set(`${room} ${row.type} ${row.stateKey}`, { room, ...row });
    for (const row of memberships) members.set(`${room} ${row.user}`, { room, ...row });
  }
  const stateRows = [...state.values()];
  const memberRows = [...members.values()];
  return [
    stateRows.map((row) => row.room),
    stateRows.map((row) => row.type),
    stateRows.map((row) => row.stateKey),
    stateRows.map((row) => row.event),
    memberRows.map((row) => row.room),
    memberRows.map((row) => row.user),
    memberRows.map((row) => row.membership),
    memberRows.map((row) => row.event),
  ];
}

interface SplitRedactions {
  readonly stored: readonly { readonly event: number; readonly redactedBy: number; readonly json: string }[];
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

function redactionColumns({ stored, inBatch }: SplitRedactions, events: readonly PlacedEvent[]): SqlValue[] {
  const originals = inBatch.size === 0 ? [] : events.filter(({ event }) => inBatch.has(event));
  return [
    stored.map(({ event }) => event),
    stored.map(({ redactedBy }) => redactedBy),
    stored.map(({ json }) => json),
    originals.map(({ event }) => event),
    originals.map(({ json }) => json),
  ];
}

const KIND_REDACTED = 1;

function entryColumns(commits: readonly RoomCommit[], log: readonly LogItem[]): SqlValue[] {
  const rooms = new Map<LogItem, number>();
  for (const { room, log: items } of commits) for (const item of items) rooms.set(item, room);
  const rows = log.flatMap((item, index) =>
    item.kind === 'redacted' ? [{ item, place: index + 1, room: rooms.get(item) ?? 0 }] : [],
  );
  return [
    rows.map(({ place }) => place),
    rows.map(() => KIND_REDACTED),
    rows.map(({ room }) => room),
    rows.map(({ item }) => item.event),
    rows.map(({ item }) => item.cause),
    rows.map(({ item }) => (item.traceparent === '' ? null : item.traceparent)),
  ];
}

function arrayText(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
}
