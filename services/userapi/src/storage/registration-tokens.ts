import { isUniqueViolation, type Queryable, sql } from '@plexus/postgres';

const checkStatement = sql(
  'userapi_check_registration_token',
  `SELECT FROM userapi.registration_tokens
   WHERE token = $1 AND (uses_allowed IS NULL OR uses < uses_allowed) AND (expiry_ts IS NULL OR expiry_ts > $2)`,
);

export async function isUsableToken(database: Queryable, token: string, now: number): Promise<boolean> {
  return (await database.query(checkStatement, [token, now])).length === 1;
}

const insertStatement = sql(
  'userapi_insert_registration_token',
  `INSERT INTO userapi.registration_tokens (token, uses_allowed, expiry_ts, created_ts) VALUES ($1, $2, $3, $4)`,
);

/** False when the token exists. */
export async function insertRegistrationToken(
  database: Queryable,
  token: {
    readonly token: string;
    readonly usesAllowed: number | undefined;
    readonly expiryTs: number | undefined;
    readonly now: number;
  },
): Promise<boolean> {
  const { usesAllowed, expiryTs, now } = token;
  try {
    await database.query(insertStatement, [token.token, usesAllowed ?? null, expiryTs ?? null, now]);
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

export type RegistrationTokenRow = {
  readonly token: string;
  readonly uses_allowed: number | null;
  readonly uses: number;
  readonly expiry_ts: number | null;
};

const listStatement = sql(
  'userapi_list_registration_tokens',
  'SELECT token, uses_allowed, uses, expiry_ts FROM userapi.registration_tokens ORDER BY created_ts, token',
);

export function listRegistrationTokens(database: Queryable): Promise<RegistrationTokenRow[]> {
  return database.query<RegistrationTokenRow>(listStatement, []);
}

const deleteStatement = sql(
  'userapi_delete_registration_token',
  'DELETE FROM userapi.registration_tokens WHERE token = $1 RETURNING token',
);

/** False when there was none. */
export async function deleteRegistrationToken(database: Queryable, token: string): Promise<boolean> {
  return (await database.query(deleteStatement, [token])).length === 1;
}
