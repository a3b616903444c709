import { sql } from '@plexus/postgres';

/** User ids carry the server's name. */
export const accountsExist = sql('userapi_accounts_exist', 'SELECT EXISTS (SELECT FROM userapi.accounts) AS found');
