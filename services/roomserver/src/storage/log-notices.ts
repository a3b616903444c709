import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { type SqlValue, sql, type Transaction } from '@plexus/postgres';
import type { LogEntryKind } from '../domain/log-entry.ts';

/** What the log says of a room beside its events. */
export type Notice =
  | { readonly kind: 'deleted'; readonly roomId: string }
  | { readonly kind: 'purged'; readonly roomId: string; readonly upTo: number; readonly keepsLocal: boolean }
  | { readonly kind: 'forgotten'; readonly roomId: string; readonly userId: string };

/** ($1 kind, $2 room id, $3 user, $4 position, $5 are local events kept?) → the position of the new entry. */
const appendNotice = sql(
  'roomserver_append_notice',
  `WITH counter AS (
     UPDATE roomserver.log_counter SET position = position + 1 WHERE log = 'ROOM_LOG' AND partition = 0 RETURNING position)
   INSERT INTO roomserver.log_notices (position, kind, room_id, user_id, up_to, keeps_local)
   SELECT position, $1, $2, $3, $4, $5 FROM counter RETURNING position`,
);

/** ($1 from, $2 to) → the notices between these positions. */
export const selectLogNotices = sql(
  'roomserver_select_log_notices',
  `SELECT position, kind, room_id, user_id, up_to, keeps_local FROM roomserver.log_notices WHERE position BETWEEN $1 AND $2`,
);

export interface NoticeRow {
  readonly position: number;
  readonly kind: number;
  readonly room_id: string;
  readonly user_id: string | null;
  readonly up_to: number | null;
  readonly keeps_local: boolean;
}

const DELETED = 1;
const PURGED = 2;
const FORGOTTEN = 3;

/** Appends a notice to the log. The counter's lock comes last and is held until the transaction ends. @returns the entry, to be published */
export async function writeNotice(transaction: Transaction, notice: Notice): Promise<RoomLogEntry> {
  const [row] = await transaction.query<{ position: number }>(appendNotice, columnsOf(notice));
  if (row === undefined) throw new Error('the log has no counter');
  return { position: row.position, traceparent: '', kind: kindOf(notice) };
}

export function noticeEntry(row: NoticeRow): RoomLogEntry {
  return { position: row.position, traceparent: '', kind: kindOf(noticeOf(row)) };
}

function columnsOf(notice: Notice): SqlValue[] {
  switch (notice.kind) {
    case 'deleted':
      return [DELETED, notice.roomId, null, null, false];
    case 'purged':
      return [PURGED, notice.roomId, null, notice.upTo, notice.keepsLocal];
    case 'forgotten':
      return [FORGOTTEN, notice.roomId, notice.userId, null, false];
  }
}

function noticeOf({ kind, room_id: roomId, user_id, up_to, keeps_local }: NoticeRow): Notice {
  if (kind === DELETED) return { kind: 'deleted', roomId };
  if (kind === PURGED) return { kind: 'purged', roomId, upTo: up_to ?? 0, keepsLocal: keeps_local };
  if (kind === FORGOTTEN) return { kind: 'forgotten', roomId, userId: user_id ?? '' };
  throw new RangeError(`${kind} is no kind of notice`);
}

function kindOf(notice: Notice): LogEntryKind {
  const { roomId } = notice;
  switch (notice.kind) {
    case 'deleted':
      return { $case: 'roomDeleted', value: { roomId } };
    case 'purged':
      return { $case: 'historyPurged', value: { roomId, upTo: notice.upTo, keepsLocal: notice.keepsLocal } };
    case 'forgotten':
      return { $case: 'roomForgotten', value: { roomId, userId: notice.userId } };
  }
}
