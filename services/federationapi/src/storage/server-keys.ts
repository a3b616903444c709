import type { ServerName } from '@plexus/matrix';
import { branded, type Database, execute, statement } from '@plexus/postgres';
import type { ServerKey } from '../domain/server-keys.ts';

const serverName = branded<ServerName>();

const selectKeys = statement(
  'federationapi_select_verify_keys',
  { server_names: 'text[]' },
  {
    server_name: serverName('text'),
    key_id: 'text',
    public_key: 'bytea',
    valid_until_ts: 'bigint',
    expired_ts: 'bigint?',
    superseded_at: 'bigint?',
  },
  `SELECT server_name, key_id, public_key, valid_until_ts, expired_ts, superseded_at
   FROM federationapi.verify_key WHERE server_name = ANY($server_names)`,
);

const upsertKeys = statement(
  'federationapi_upsert_verify_keys',
  {
    server_names: 'text[]',
    key_ids: 'text[]',
    public_keys: 'bytea[]',
    valid_until_ts: 'bigint[]',
    expired_ts: 'bigint?[]',
    now: 'bigint',
  },
  {},
  `WITH fresh AS (
     SELECT * FROM unnest($server_names::text[], $key_ids::text[], $public_keys::bytea[], $valid_until_ts::bigint[], $expired_ts::bigint[])
       AS fresh (server_name, key_id, public_key, valid_until_ts, expired_ts)),
   superseded AS (
     UPDATE federationapi.verify_key AS known SET superseded_at = $now FROM fresh
     WHERE known.server_name = fresh.server_name AND known.key_id = fresh.key_id
       AND known.public_key <> fresh.public_key AND known.superseded_at IS NULL)
   INSERT INTO federationapi.verify_key AS known (server_name, key_id, public_key, valid_until_ts, expired_ts, fetched_at)
   SELECT server_name, key_id, public_key, valid_until_ts, expired_ts, $now FROM fresh
   ON CONFLICT (server_name, key_id, public_key) DO UPDATE
     SET valid_until_ts = excluded.valid_until_ts, expired_ts = excluded.expired_ts, fetched_at = excluded.fetched_at,
         superseded_at = NULL`,
);

/** All keys stored of these servers. */
export async function loadServerKeys(database: Database, serverNames: readonly ServerName[]): Promise<ServerKey[]> {
  const rows = await execute(database, selectKeys, { server_names: serverNames });
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
  await execute(database, upsertKeys, {
    server_names: keys.map((key) => key.serverName),
    key_ids: keys.map((key) => key.keyId),
    public_keys: keys.map((key) => key.publicKey),
    valid_until_ts: keys.map((key) => key.validUntilTs),
    expired_ts: keys.map((key) => key.expiredTs ?? null),
    now,
  });
}
