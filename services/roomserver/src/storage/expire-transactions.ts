import type { Clock } from '@plexus/observability';
import { type Queryable, sql } from '@plexus/postgres';
import { RANGE_LIFETIME_MS } from './number-ranges.ts';

/** Clients repeat a request for minutes; a day covers a device that was off over night. */
const TRANSACTION_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * ($1 milliseconds) → transactions of events numbered before the first range that was taken after this time. A transaction has no time of
 * its own: its event's number stands for it, at 8 bytes less a row.
 */
const deleteTransactions = sql(
  'roomserver_delete_transactions',
  `DELETE FROM roomserver.transactions WHERE event < (
     SELECT coalesce(min(first), 9223372036854775807) FROM roomserver.event_number_ranges
     WHERE taken_at >= to_timestamp($1::float8 / 1000))`,
);

/** Forgets transaction ids that are older than a day. */
export async function expireTransactions(queryable: Queryable, clock: Clock): Promise<void> {
  // A range is in use for its whole lifetime, so that its last event is younger than the range by as much.
  await queryable.query(deleteTransactions, [clock.now() - TRANSACTION_LIFETIME_MS - RANGE_LIFETIME_MS]);
}
