import { type Queryable, sql } from '@plexus/postgres';

/** A log row as it is stored: it names what changed. */
export type UserLogRow = {
  readonly position: number;
  readonly traceparent: string;
  readonly localpart: string;
  readonly kind: 'account_data' | 'profile' | 'device' | 'account_created' | 'account_deactivated' | 'removed';
  readonly room_id: string | null;
  readonly key: string | null;
  /** The value now, which may be newer than the position; null when there is none any more. */
  readonly value: string | null;
  readonly gone: boolean;
};

/**
 * The end of a statement that changes something and logs it: appends the rows of a CTE named `changes`
 * (ordinal bigint from 1, localpart, kind, room_id, key, value, gone) to the log under the next positions and gives them out as UserLogRow.
 *
 * The log names what changed and keeps no value: readers of the log get the value that is stored now. An earlier entry about the same thing
 * says nothing that the new one does not, so it is deleted here, and the log is never larger than what it is about. Concurrent writers may
 * leave a superseded entry behind; the next change of the same thing deletes it too.
 *
 * The counter's row is locked here until the commit, after the rows that changed: positions are in the order of commits. One
 * statement for all (47 µs with three inserts) instead of a transaction of five round trips (101 µs) keeps that lock short.
 *
 * @param traceparent placeholder of the parameter, for example `$4`
 */
export function logChanges(traceparent: string): string {
  return `
  counted AS (SELECT count(*) AS added FROM changes),
  counter AS (
    UPDATE userapi.log_counter SET position = position + counted.added FROM counted
    WHERE log = 'USER_LOG' AND partition = 0 AND counted.added > 0
    RETURNING position - counted.added AS before
  ),
  superseded AS (
    DELETE FROM userapi.user_log AS old USING changes, counter
    WHERE old.localpart = changes.localpart AND old.kind = changes.kind
      AND COALESCE(old.room_id, '') = COALESCE(changes.room_id, '') AND COALESCE(old.key, '') = COALESCE(changes.key, '')
  ),
  appended AS (
    INSERT INTO userapi.user_log (position, traceparent, localpart, kind, room_id, key, gone)
    SELECT counter.before + changes.ordinal, ${traceparent}, localpart, kind, room_id, key, gone FROM changes, counter
    RETURNING position
  ),
  logged AS (
    SELECT appended.position, ${traceparent}::text AS traceparent, localpart, kind, room_id, key, value, gone
    FROM appended JOIN counter ON true JOIN changes ON changes.ordinal = appended.position - counter.before
  )`;
}

/** A page ends where it would pass this many bytes of values, after one entry at the least. */
const MAX_PAGE_BYTES = 2_097_152;

/** Positions whose entry was superseded or erased are given out as entries that say nothing: consumers count on every position. */
const readStatement = sql(
  'userapi_read_log',
  `SELECT position, COALESCE(traceparent, '') AS traceparent, COALESCE(localpart, '') AS localpart, COALESCE(kind, 'removed') AS kind,
     room_id, key, value, COALESCE(gone, false) AS gone
   FROM (
     SELECT *, sum(COALESCE(octet_length(value), 0)) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING)
       - COALESCE(octet_length(value), 0) AS bytes_before
     FROM (
       SELECT position, traceparent, entry.localpart, kind, entry.room_id, key, gone,
         CASE kind WHEN 'account_data' THEN data.content WHEN 'profile' THEN profile.value END AS value
       FROM generate_series($1::bigint, $2::bigint) AS position
       LEFT JOIN userapi.user_log AS entry USING (position)
       LEFT JOIN userapi.accounts AS account ON account.localpart = entry.localpart
       LEFT JOIN userapi.account_data AS data ON kind = 'account_data' AND data.account_nid = account.nid
         AND data.room_id = COALESCE(entry.room_id, '') AND data.type = key
       LEFT JOIN userapi.profile_fields AS profile ON kind = 'profile' AND profile.account_nid = account.nid AND profile.field = key
     ) AS entries
   ) AS page
   WHERE bytes_before < $3 ORDER BY position`,
);

/** The entries of the log between two positions, both included, as far as they make not much more than 2 MiB. */
export function readUserLog(database: Queryable, from: number, to: number): Promise<UserLogRow[]> {
  return database.query<UserLogRow>(readStatement, [from, to, MAX_PAGE_BYTES]);
}
