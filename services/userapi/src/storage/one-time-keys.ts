import { sql } from '@plexus/postgres';

/**
 * A one-time key that was given out after the backup must not be given out again: messages encrypted with it could not be read. Devices
 * upload new ones when they are told that none are left.
 */
export const forgetOneTimeKeys = sql(
  'userapi_forget_one_time_keys',
  `DO $$ BEGIN IF to_regclass('userapi.one_time_keys') IS NOT NULL THEN TRUNCATE userapi.one_time_keys; END IF; END $$`,
);
