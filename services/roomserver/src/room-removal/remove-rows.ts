import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { isUserId } from '@plexus/matrix';
import type { Queryable, Transaction } from '@plexus/postgres';
import type { RoomserverContext } from '../context.ts';
import { transactionKey } from '../domain/transaction-key.ts';
import { writeNotice } from '../storage/log-notices.ts';
import { lockHead } from '../storage/room-heads.ts';
import { advanceRemoval, setLastEvent } from '../storage/room-removals.ts';
import {
  deleteEntriesOfEvents,
  deleteEvents,
  deleteKeysOfNoEvent,
  deleteNoticesOfRoom,
  deleteRowsOfRoom,
  deleteTransactionKeys,
  type RemovableRow,
  selectEventsOfRoom,
  selectHistoryOfRoom,
  selectLastEvent,
  selectNeededRedactions,
  tablesOfPresence,
  tablesOfRooms,
} from '../storage/room-rows.ts';
import type { Removal } from './removal.ts';

/**
 * Event numbers that are looked through in one transaction. Messages have no index by room, which would cost every one of them 30 bytes for what
 * an administrator does once in a while: a deletion walks all events by number, 10,000 of them in 5 to 10 ms where none is of the room.
 */
const NUMBERS_AT_ONCE = 10_000;

/**
 * One commit in which the room is gone (or its history ends) for everybody who asks, and the log says so. From then on nothing can be added to
 * the room, so what there is to remove is known. @returns the log entry, to be published
 */
export function beginRemoval(
  { database }: RoomserverContext,
  removal: Removal,
  localSuffix: string,
): Promise<RoomLogEntry> {
  const { id, roomId, room, row } = removal;
  return database.transaction(async (transaction) => {
    await transaction.query(lockHead, [roomId]);
    if (removal.kind === 'deletion') for (const table of tablesOfPresence) await deleteRows(transaction, table, room);
    const [last] = await transaction.query<{ event: number | null }>(selectLastEvent, []);
    await transaction.query(setLastEvent, [id, last?.event ?? 0]);
    if (removal.kind === 'deletion') return writeNotice(transaction, { kind: 'deleted', roomId });
    const keepsLocal = !row.local_events && localSuffix !== '';
    return writeNotice(transaction, { kind: 'purged', roomId, upTo: removal.upTo, keepsLocal });
  });
}

/** Removes the events of the next numbers. Whether there are more. */
export function removeNextEvents(
  { database }: RoomserverContext,
  removal: Removal,
  localSuffix: string,
): Promise<boolean> {
  const { id, row } = removal;
  const last = row.last_event ?? 0;
  const upTo = Math.min(row.done_event + NUMBERS_AT_ONCE, last);
  return database.transaction(async (transaction) => {
    const rows = await removableEvents(transaction, removal, upTo, localSuffix);
    await removeEvents(transaction, removal, rows);
    await transaction.query(advanceRemoval, [id, upTo, rows.length]);
    return upTo < last;
  });
}

/** What is left of a room when all its events are gone. */
export async function removeRestOfRoom({ database }: RoomserverContext, { room, roomId }: Removal): Promise<void> {
  for (const table of tablesOfRooms) await deleteRows(database, table, room);
  await database.query(deleteNoticesOfRoom, [roomId]);
  await database.query(deleteKeysOfNoEvent, []);
}

async function removableEvents(
  transaction: Transaction,
  removal: Removal,
  upTo: number,
  localSuffix: string,
): Promise<RemovableRow[]> {
  const { room, row } = removal;
  const numbers = [room, row.done_event, upTo];
  if (removal.kind === 'deletion') return transaction.query<RemovableRow>(selectEventsOfRoom, numbers);
  const kept = row.local_events ? null : localSuffix;
  const rows = await transaction.query<RemovableRow>(selectHistoryOfRoom, [...numbers, removal.upTo, kept]);
  const redactions = rows.filter(({ type }) => type === 'm.room.redaction').map(({ event }) => event);
  if (redactions.length === 0) return rows;
  const needed = await transaction.query<{ event: number }>(selectNeededRedactions, [room, redactions]);
  const stay = new Set(needed.map(({ event }) => event));
  return rows.filter(({ event }) => !stay.has(event));
}

async function removeEvents(
  transaction: Transaction,
  { room, roomId }: Removal,
  rows: readonly RemovableRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const events = rows.map(({ event }) => event);
  const keys = rows.flatMap(({ sender, type, device_id, transaction_id: transactionId }) =>
    transactionId === null || !isUserId(sender)
      ? []
      : [transactionKey({ roomId, sender, type, deviceId: device_id ?? '', transactionId })],
  );
  if (keys.length > 0) await transaction.query(deleteTransactionKeys, [keys]);
  await transaction.query(deleteEntriesOfEvents, [room, events]);
  await transaction.query(deleteEvents, [events]);
}

async function deleteRows(queryable: Queryable, table: (typeof tablesOfRooms)[number], room: number): Promise<void> {
  const statement = deleteRowsOfRoom.get(table);
  if (statement !== undefined) await queryable.query(statement, [room]);
}
