import type { ServerName } from '@plexus/matrix';
import { type Database, sql } from '@plexus/postgres';
import type { ServerKey } from '../domain/server-keys.ts';

const selectKeys = sql(
  'federationapi_select_server_keys',
  `SELECT server_name, key_id, public_key, valid_until_ts, expired_ts
   FROM federationapi.server_key WHERE server_name = ANY($1)`,
);

/** A key that is known keeps its bytes: a key id that comes back with another key is a collision or a lie. */
const upsertKeys = sql(
  'federationapi_upsert_server_keys',
  `INSERT INTO federationapi.server_key AS known (server_name, key_id, public_key, valid_until_ts, expired_ts, fetched_at)
   SELECT server_name, key_id, public_key, valid_until_ts, expired_ts, $6
   FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])
     AS fresh (server_name, key_id, public_key, valid_until_ts, expired_ts)
   ON CONFLICT (server_name, key_id) DO UPDATE
     SET valid_until_ts = excluded.valid_until_ts, expired_ts = excluded.expired_ts, fetched_at = excluded.fetched_at
     WHERE known.public_key = excluded.public_key`,
);

interface Row {
  server_name: ServerName;
  key_id: string;
  public_key: Buffer;
  valid_until_ts: number;
  expired_ts: number | null;
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
  }));
}

/** Stores keys as fetched at `now`. */
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
