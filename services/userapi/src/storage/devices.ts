import { type Queryable, sql } from '@plexus/postgres';
import { logChanges, type UserLogRow } from './user-log.ts';

export type DeviceRow = {
  readonly localpart: string;
  readonly device_id: string;
  readonly display_name: string | null;
  readonly last_seen_ip: string | null;
  readonly last_seen_ts: number | null;
};

const listStatement = sql(
  'userapi_list_devices',
  `SELECT localpart, device_id, display_name, last_seen_ip, last_seen_ts
   FROM userapi.accounts JOIN userapi.devices ON devices.account_nid = accounts.nid
   WHERE localpart = ANY ($1::text[]) ORDER BY localpart, device_id`,
);

export function listDevices(database: Queryable, localparts: readonly string[]): Promise<DeviceRow[]> {
  return database.query<DeviceRow>(listStatement, [localparts]);
}

const renameStatement = sql(
  'userapi_rename_device',
  `WITH renamed AS (
    UPDATE userapi.devices SET display_name = COALESCE($3, display_name) FROM userapi.accounts
    WHERE accounts.localpart = $1 AND devices.account_nid = accounts.nid AND device_id = $2
    RETURNING device_id
  ),
  changes AS (
    SELECT 1 AS ordinal, $1::text AS localpart, 'device' AS kind, NULL::text AS room_id, device_id AS key, NULL::text AS value,
      false AS gone
    FROM renamed
  ),
  ${logChanges('$4')}
  SELECT * FROM logged`,
);

/** Empty when there is no such device. */
export function renameDevice(
  database: Queryable,
  device: { readonly localpart: string; readonly deviceId: string; readonly displayName: string | undefined },
  traceparent: string,
): Promise<UserLogRow[]> {
  const { localpart, deviceId, displayName } = device;
  return database.query<UserLogRow>(renameStatement, [localpart, deviceId, displayName ?? null, traceparent]);
}

const existenceStatement = sql(
  'userapi_account_and_device_exist',
  `SELECT devices.device_id IS NOT NULL AS device_exists
   FROM userapi.accounts LEFT JOIN userapi.devices ON devices.account_nid = accounts.nid AND device_id = $2
   WHERE localpart = $1 AND deactivated_ts IS NULL`,
);

/** Undefined when there is no such active account. */
export async function findDevice(
  database: Queryable,
  localpart: string,
  deviceId: string | undefined,
): Promise<{ readonly deviceExists: boolean } | undefined> {
  const [row] = await database.query<{ device_exists: boolean }>(existenceStatement, [localpart, deviceId ?? null]);
  return row && { deviceExists: row.device_exists };
}
