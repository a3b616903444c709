import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import { type Queryable, sql, type Transaction } from '@plexus/postgres';
import { logCounter } from '@plexus/streams';
import type { ReceiptInForce } from '../memory/room-memory.ts';
import { groupBy } from './memberships.ts';

/** A receipt as it is set: `position` is that of its event. */
export interface NewReceipt {
  readonly roomId: string;
  readonly userId: string;
  readonly receiptType: string;
  readonly threadId: string | undefined;
  readonly eventId: string;
  readonly eventPosition: number;
}

const log = 'RECEIPT_LOG';
const counter = logCounter('syncapi');
/** Receipts only move forward; what moved comes back, in the order given. */
const upsertReceipts = sql(
  'syncapi_upsert_receipts',
  `INSERT INTO syncapi.receipt AS known
     (room_id, user_id, receipt_type, thread_id, event_id, event_position, ts, position)
   SELECT *, $7::bigint, 0 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
   ON CONFLICT (room_id, user_id, receipt_type, thread_id) DO UPDATE
   SET event_id = excluded.event_id, event_position = excluded.event_position, ts = excluded.ts
   WHERE known.event_position < excluded.event_position
   RETURNING room_id, user_id, receipt_type, thread_id, event_id`,
);
const numberReceipts = sql(
  'syncapi_number_receipts',
  `WITH numbered AS (
     SELECT *, row_number() OVER (ORDER BY ordinal) + $6::bigint AS position
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
       WITH ORDINALITY AS row (room_id, user_id, receipt_type, thread_id, event_id, ordinal)
   ), superseded AS (
     -- The statement sees each receipt at its former position.
     DELETE FROM syncapi.receipt_log AS entry USING syncapi.receipt AS known, numbered
     WHERE (known.room_id, known.user_id, known.receipt_type, known.thread_id)
         = (numbered.room_id, numbered.user_id, numbered.receipt_type, numbered.thread_id)
       AND entry.position = known.position
   ), moved AS (
     UPDATE syncapi.receipt SET position = numbered.position FROM numbered
     WHERE (receipt.room_id, receipt.user_id, receipt.receipt_type, receipt.thread_id)
         = (numbered.room_id, numbered.user_id, numbered.receipt_type, numbered.thread_id)
   )
   INSERT INTO syncapi.receipt_log (position, traceparent, room_id, user_id, receipt_type, event_id, thread_id, ts)
   SELECT position, $8, room_id, user_id, receipt_type, event_id, nullif(thread_id, ''), $7::bigint FROM numbered`,
);
/** Positions whose receipt has moved on, or whose room was deleted, are given out as entries that say nothing. */
const selectLog = sql(
  'syncapi_select_receipt_log',
  `SELECT position, coalesce(traceparent, '') AS traceparent, coalesce(room_id, '') AS room_id, coalesce(user_id, '') AS user_id,
     coalesce(receipt_type, '') AS receipt_type, coalesce(event_id, '') AS event_id, thread_id, coalesce(ts, 0) AS ts
   FROM generate_series($1::bigint, least($2::bigint, $1::bigint + $3::integer - 1)) AS position
   LEFT JOIN syncapi.receipt_log USING (position) ORDER BY position`,
);
const selectReceipts = sql(
  'syncapi_select_receipts',
  `SELECT room_id, user_id, receipt_type, thread_id, event_id, ts FROM syncapi.receipt
   WHERE room_id = ANY($1::text[]) AND position > $2 AND position <= $3
     AND (receipt_type <> 'm.read.private' OR user_id = $4)
   ORDER BY position`,
);

/**
 * Stores receipts in one transaction with their log entries; what does not move a receipt forward is left out. An entry takes the place of the
 * one before about the same receipt, so the log grows with the receipts in force and not with how often they move. @returns the log entries
 */
export async function storeReceipts(
  transaction: Transaction,
  receipts: readonly NewReceipt[],
  ts: number,
  traceparent: string,
): Promise<ReceiptLogEntry[]> {
  const rows = await transaction.query<ReceiptRow>(upsertReceipts, [
    receipts.map((receipt) => receipt.roomId),
    receipts.map((receipt) => receipt.userId),
    receipts.map((receipt) => receipt.receiptType),
    receipts.map((receipt) => receipt.threadId ?? ''),
    receipts.map((receipt) => receipt.eventId),
    receipts.map((receipt) => receipt.eventPosition),
    ts,
  ]);
  if (rows.length === 0) return [];
  // The counter's row lock is taken last and held for one statement: it orders the commits of all replicas.
  const [reserved] = await transaction.query<{ position: number }>(counter.reserve, [log, rows.length]);
  const first = (reserved?.position ?? rows.length) - rows.length + 1;
  await transaction.query(numberReceipts, [
    rows.map((row) => row.room_id),
    rows.map((row) => row.user_id),
    rows.map((row) => row.receipt_type),
    rows.map((row) => row.thread_id ?? ''),
    rows.map((row) => row.event_id),
    first - 1,
    ts,
    traceparent,
  ]);
  return rows.map((row, index) => ({
    ...toReceipt({ ...row, ts }),
    roomId: row.room_id,
    position: first + index,
    traceparent,
  }));
}

export async function readReceiptHead(queryable: Queryable): Promise<number> {
  const [row] = await queryable.query<{ position: number }>(counter.head, [log]);
  return row?.position ?? 0;
}

/** Entries of the receipt log from `from` to `to`, at most `limit`. */
export async function readReceiptLog(
  queryable: Queryable,
  range: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<ReceiptLogEntry[]> {
  const rows = await queryable.query<ReceiptRow & { position: number; traceparent: string; ts: number }>(selectLog, [
    range.from,
    range.to,
    range.limit,
  ]);
  return rows.map((row) => ({
    ...toReceipt(row),
    roomId: row.room_id,
    position: row.position,
    traceparent: row.traceparent,
  }));
}

/** Receipts of rooms that were set after one position and up to another and that this user may see, by room id. */
export async function readReceipts(
  queryable: Queryable,
  range: {
    readonly roomIds: readonly string[];
    readonly after: number;
    readonly upTo: number;
    readonly userId: string;
  },
): Promise<Map<string, ReceiptInForce[]>> {
  const rows = await queryable.query<ReceiptRow & { ts: number }>(selectReceipts, [
    range.roomIds,
    range.after,
    range.upTo,
    range.userId,
  ]);
  return groupBy(rows, (row) => row.room_id, toReceipt);
}

interface ReceiptRow {
  readonly room_id: string;
  readonly user_id: string;
  readonly receipt_type: string;
  readonly thread_id: string | null;
  readonly event_id: string;
}

function toReceipt(row: ReceiptRow & { readonly ts: number }): ReceiptInForce {
  return {
    userId: row.user_id,
    receiptType: row.receipt_type,
    threadId: row.thread_id === null || row.thread_id === '' ? undefined : row.thread_id,
    eventId: row.event_id,
    ts: row.ts,
  };
}
