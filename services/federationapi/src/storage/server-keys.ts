import type { ServerName } from '@plexus/matrix';
import { type Database, sql } from '@plexus/postgres';
import type { ServerKey } from '../domain/server-keys.ts';

const selectKeys = sql(
  'federationapi_select_verify_keys',
  `SELECT server_name, key_id, public_key, valid_until_ts, expired_ts, superseded_at
   FROM federationapi.verify_key WHERE server_name = ANY($1)`,
);

const upsertKeys = sql(
  'federationapi_upsert_verify_keys',
  `WITH fresh AS (
     SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])
       AS fresh (server_name, key_id, public_key, valid_until_ts, expired_ts)),
   superseded AS (
     UPDATE federationapi.verify_key AS known SET superseded_at = $6 FROM fresh
     WHERE known.server_name = fresh.server_name AND known.key_id = fresh.key_id
       AND known.public_key <> fresh.public_key AND known.superseded_at IS NULL)
   INSERT INTO federationapi.verify_key AS known (server_name, key_id, public_key, valid_until_ts, expired_ts, fetched_at)
   SELECT server_name, key_id, public_key, valid_until_ts, expired_ts, $6 FROM fresh
   ON CONFLICT (server_name, key_id, public_key) DO UPDATE
     SET valid_until_ts = excluded.valid_until_ts, expired_ts = excluded.expired_ts, fetched_at = excluded.fetched_at,
         superseded_at = NULL`,
);

interface Row {
  server_name: ServerName;
  key_id: string;
  public_key: Buffer;
  valid_until_ts: number;
  expired_ts: number | null;
  superseded_at: number | null;
}

/** All keys stored of these servers. */
export async function loadServerKeys(database: Database, serverNames: readonly ServerName[]): Promise<ServerKey[]> {
  const rows = await database.query<Row>(selectKeys, [serverNames]);
  return rows.map((row) => ({
    serverName: row.server_name,
    keyId: row.key_id,
    publicKey: row.public_key,
    validUntilTs: row.valid_until_ts,
    expiredTs: row.expired_ts ?? undefined,
    supersededAt: row.superseded_at ?? undefined,
  }));
}

/** Stores keys that a server has published, as fetched at `now`. Keys of the same ids that it published before are superseded. */
export async function storeServerKeys(database: Database, keys: readonly ServerKey[], now: number): Promise<void> {
  await database.query(upsertKeys, [
    keys.map((key) => key.serverName),
    keys.map((key) => key.keyId),
    keys.map((key) => key.publicKey),
    keys.map((key) => key.validUntilTs),
    keys.map((key) => key.expiredTs ?? null),
    now,
  ]);
}
