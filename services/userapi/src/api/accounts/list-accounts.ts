import type { Account, ListAccountsRequest, ListAccountsResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart, userIdOf } from '../../domain/localparts.ts';
import { isStorable } from '../../domain/stored-text.ts';
import { type ListedAccountRow, listAccounts as readAccounts } from '../../storage/administration.ts';

const MAX_ACCOUNTS = 1000;

/** For administrators: accounts in the order of their names, a page at a time. */
export async function listAccounts(
  context: UserapiContext,
  { userIds, after, limit, withDeactivated, withAppservice }: ListAccountsRequest,
): Promise<ListAccountsResponse> {
  const localparts = userIds.flatMap((userId) => localLocalpart(userId, context.serverName) ?? []);
  const rows = await readAccounts(context.database, {
    localparts: userIds.length === 0 ? undefined : localparts,
    after: isStorable(after) ? after : '',
    limit: limit <= 0 ? MAX_ACCOUNTS : Math.min(limit, MAX_ACCOUNTS),
    withDeactivated,
    withAppservice,
  });
  return { accounts: rows.map((row) => account(row, context)) };
}

function account(row: ListedAccountRow, { serverName }: UserapiContext): Account {
  return {
    userId: userIdOf(row.localpart, serverName),
    admin: row.admin,
    appserviceId: row.appservice_id ?? undefined,
    createdTs: row.created_ts,
    deactivatedTs: row.deactivated_ts ?? undefined,
    displayName: row.display_name ?? undefined,
    devices: row.devices,
    lastSeenTs: row.last_seen_ts ?? undefined,
    accountDataBytes: row.account_data_bytes,
  };
}
