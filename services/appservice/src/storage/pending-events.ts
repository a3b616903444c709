import { sql } from '@plexus/postgres';

export const addPendingEvents = sql(
  'appservice_add_pending_events',
  `INSERT INTO appservice.pending_event (bridge_id, position)
   SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING`,
);

/** Takes or keeps the right to send to a bridge; no row when another replica has it. */
export const takeLease = sql(
  'appservice_take_lease',
  `UPDATE appservice.bridge SET lease_holder = $2, lease_until = now() + $3 * interval '1 millisecond'
   WHERE id = $1 AND (lease_holder = $2 OR lease_until IS NULL OR lease_until < now())
   RETURNING id`,
);

export const releaseLease = sql(
  'appservice_release_lease',
  'UPDATE appservice.bridge SET lease_until = NULL, lease_holder = NULL WHERE id = $1 AND lease_holder = $2',
);

/**
 * The transaction to send now: the one already begun, or else a new one of the oldest $2 pending events, numbered and stored before its
 * first try, so that a repetition after a crash has the same id and the same events.
 */
export const beginTransaction = sql(
  'appservice_begin_transaction',
  `UPDATE appservice.bridge SET
     last_transaction_id = last_transaction_id + (sending_to IS NULL)::int,
     sending_to = coalesce(sending_to, next.last)
   FROM (SELECT max(position) AS last FROM (
     SELECT position FROM appservice.pending_event WHERE bridge_id = $1 ORDER BY position LIMIT $2) AS oldest) AS next
   WHERE id = $1 AND coalesce(sending_to, next.last) IS NOT NULL
   RETURNING last_transaction_id AS transaction_id,
     (SELECT array_agg(position ORDER BY position) FROM appservice.pending_event
      WHERE bridge_id = $1 AND position <= coalesce(sending_to, next.last)) AS positions`,
);

/** The bridge has taken everything up to the end of the transaction that was under way. */
export const endTransaction = sql(
  'appservice_end_transaction',
  `WITH ended AS (
     DELETE FROM appservice.pending_event USING appservice.bridge
     WHERE bridge.id = $1 AND bridge_id = $1 AND position <= bridge.sending_to)
   UPDATE appservice.bridge SET sending_to = NULL WHERE id = $1`,
);

/**
 * Bridges drop a transaction whose id they have seen, so none of the lost time may be given out again; what was being sent comes in a new
 * one, and bridges know its events by their ids.
 */
export const leaveTransactionIds = sql(
  'appservice_leave_transaction_ids',
  `UPDATE appservice.bridge SET sending_to = NULL, lease_holder = NULL, lease_until = NULL,
     last_transaction_id = greatest(last_transaction_id + 1, extract(epoch FROM clock_timestamp())::bigint * 1000)`,
);

export const countPending = sql(
  'appservice_count_pending',
  'SELECT bridge_id, count(*) AS pending FROM appservice.pending_event GROUP BY bridge_id',
);
