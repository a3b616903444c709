import type { GetStatisticsRequest, GetStatisticsResponse } from '@plexus/contracts/userapi';
import { RpcError } from '@plexus/rpc';
import type { UserapiContext } from '../../context.ts';
import { countAccounts, readStatistics } from '../../storage/statistics.ts';

/** Longest range, in days: what is kept at most, and a bound for the answer. */
const MAX_DAYS = 1_100;
const DAY_MS = 86_400_000;

/** Users, requests and resources of a range of days. @throws RpcError INTERNAL when the range is none: callers check what people give them */
export async function getStatistics(
  { database }: UserapiContext,
  { from, to }: GetStatisticsRequest,
): Promise<GetStatisticsResponse> {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (!(days >= 1 && days <= MAX_DAYS)) throw new RpcError('INTERNAL', 'not a range of days');
  const [accounts, statistics] = await Promise.all([countAccounts(database), readStatistics(database, from, to)]);
  const { totals, clients, operations, resources } = statistics;
  return {
    accounts: accounts.accounts,
    appserviceAccounts: accounts.appservice_accounts,
    deactivatedAccounts: accounts.deactivated_accounts,
    registered: totals.registered,
    activeUsers: totals.active_users,
    databaseBytes: totals.database_bytes,
    days: statistics.days.map(({ active_users, ...day }) => ({ ...day, activeUsers: active_users })),
    clients: clients.map(({ client, active_users }) => ({ client, activeUsers: active_users })),
    operations,
    resources: resources.map(({ service, cpu_seconds, resident_bytes }) => ({
      service,
      cpuSeconds: cpu_seconds,
      residentBytes: resident_bytes,
    })),
  };
}
