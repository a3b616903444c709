import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { roomVersion } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { eventIdOfKey } from '../domain/event-key.ts';
import { unfoldJson } from '../domain/folded-json.ts';
import type { HistoryPlace } from '../domain/history-place.ts';
import {
  eventEntry,
  type LoggedEvent,
  redactedEntry,
  type StrippedSource,
  showsStrippedState,
  strippedStateKeys,
} from '../domain/log-entry.ts';
import { EMPTY_STATE, type StateStore } from '../state-store/state-store.ts';
import { readInviteStates } from './invite-states.ts';
import { type NoticeRow, noticeEntry, selectLogNotices } from './log-notices.ts';
import { type LogEntryRow, type LogEventRow, selectLogEntries, selectLogEvents, selectLogHead } from './log-rows.ts';
import { stateEventsAt } from './state-at.ts';
import { readTransitions } from './state-transitions.ts';
import { keysOf, type ReadEvent, readEvent } from './stored-event.ts';

/** Entries of one answer: about 2 MB of messages. */
export const MAX_LOG_ENTRIES = 2_000;
/** JSON in one answer; with the contents that state events replaced it stays below what a call may carry. */
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/**
 * Entries `from` to `to` in order without a gap, at most `limit`, as they were published: made anew from the events' rows. An event that has been
 * redacted since is read redacted, and one that is gone (a purge, a deleted room) leaves an entry that says nothing. Three round trips at most,
 * whatever the number of entries.
 */
export async function readLog(
  queryable: Queryable,
  stateStore: StateStore,
  range: { readonly from: number; readonly to: number | undefined; readonly limit: number },
): Promise<{ entries: RoomLogEntry[]; head: number }> {
  const [counter] = await queryable.query<{ position: number }>(selectLogHead, []);
  const head = counter?.position ?? 0;
  const from = Math.max(1, range.from);
  const limit = Math.min(Math.max(1, range.limit), MAX_LOG_ENTRIES);
  const to = Math.min(range.to ?? head, head, from + limit - 1);
  if (to < from) return { entries: [], head };
  const [events, others, notices] = await Promise.all([
    queryable.query<LogEventRow>(selectLogEvents, [from, to, MAX_LOG_BYTES]),
    queryable.query<LogEntryRow>(selectLogEntries, [from, to]),
    queryable.query<NoticeRow>(selectLogNotices, [from, to]),
  ]);
  const read = events.map((row) => ({ row, event: readEvent(row) }));
  const [stripped, changes] = await Promise.all([
    strippedStates(queryable, stateStore, read),
    readTransitions(queryable, stateStore, events),
  ]);
  const entries = [
    ...read.map(({ row, event }) =>
      entryOfEvent(row, event, { strippedState: stripped.get(row.event) ?? [], stateChanges: changes.get(row.event) }),
    ),
    ...others.map(entryOfOther),
    ...notices.map(noticeEntry),
  ];
  // Where the bytes ended, the rest is for the next call.
  const cutAt = events.at(-1)?.next_position ?? undefined;
  return { entries: gapless(entries, from, cutAt === undefined ? to : cutAt - 1), head };
}

/** All positions are committed: one without an entry is of something that is gone. */
function gapless(entries: readonly RoomLogEntry[], from: number, to: number): RoomLogEntry[] {
  const byPosition = new Map(entries.map((entry) => [entry.position, entry]));
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const position = from + index;
    return byPosition.get(position) ?? { position, traceparent: '', kind: undefined };
  });
}

function entryOfEvent(
  row: LogEventRow,
  event: ReadEvent,
  { strippedState, stateChanges }: Pick<LoggedEvent, 'strippedState' | 'stateChanges'>,
): RoomLogEntry {
  return {
    position: row.log_position,
    traceparent: row.traceparent ?? '',
    kind: eventEntry({
      ...event,
      roomId: row.room_id,
      roomVersion: row.room_version,
      deviceId: row.device_id ?? undefined,
      transactionId: row.transaction_id ?? undefined,
      strippedState,
      stateChanges: row.is_historical ? [] : stateChanges,
      historical: row.is_historical,
      historyPlace: historyPlaceOf(row),
    }),
  };
}

function historyPlaceOf({ after_position: afterPosition, depth }: LogEventRow): HistoryPlace | undefined {
  return afterPosition === null || depth === null ? undefined : { afterPosition, depth };
}

function entryOfOther(row: LogEntryRow): RoomLogEntry {
  const rules = roomVersion(row.room_version);
  if (rules === undefined) throw new Error('a stored room of an unknown version');
  const json = unfoldJson(row.folded_json);
  return {
    position: row.position,
    traceparent: row.traceparent ?? '',
    kind: redactedEntry({
      roomId: row.room_id,
      eventId: eventIdOfKey(row.key, rules, json),
      redactionEventId: eventIdOfKey(row.cause_key, rules, unfoldJson(row.cause_folded_json)),
      json,
    }),
  };
}

/** By event number, what those invited or knocking were shown: the state before their event, or what another server told them. */
async function strippedStates(
  queryable: Queryable,
  stateStore: StateStore,
  read: readonly { readonly row: LogEventRow; readonly event: ReadEvent }[],
): Promise<ReadonlyMap<number, StrippedSource[]>> {
  const shown = read.filter(({ event }) => showsStrippedState(event.type, event.content));
  if (shown.length === 0) return new Map();
  const inside = shown.filter(({ row }) => row.snapshot >= EMPTY_STATE);
  const outside = shown.filter(({ row }) => row.snapshot < EMPTY_STATE).map(({ row }) => row.event);
  const places = inside.map(({ row, event }) => ({ snapshot: row.snapshot, keys: strippedStateKeys(event.sender) }));
  const [states, told] = await Promise.all([
    stateEventsAt(queryable, stateStore, places),
    readInviteStates(queryable, outside),
  ]);
  return new Map([...inside.map(({ row }, index) => [row.event, (states[index] ?? []).map(keysOf)] as const), ...told]);
}
