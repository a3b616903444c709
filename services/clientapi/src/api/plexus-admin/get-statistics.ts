import { authenticated, errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { dayRange } from '../../domain/day-range.ts';

/**
 * GET /_plexus/admin/v1/statistics?from=2026-11-01&to=2026-11-21 (days of UTC, both included; the last 30 when absent): accounts, active
 * users by day and kind of client, requests by operation, resources. For administrators: M_FORBIDDEN for everybody else.
 */
export function getStatistics({ clients, clock }: ClientapiContext): Handler {
  return authenticated(async ({ query, requester }) => {
    if (requester.kind !== 'user' || !requester.admin) throw errors.forbidden('You are not a server admin');
    const range = dayRange(query.get('from'), query.get('to'), clock.now());
    if ('problem' in range) throw errors.invalidParam(range.problem, 'must be a day such as 2026-11-21, from ≤ to');
    const found = await clients.userapi.getStatistics(range);
    return json({
      ...range,
      accounts: found.accounts,
      appservice_accounts: found.appserviceAccounts,
      deactivated_accounts: found.deactivatedAccounts,
      registered: found.registered,
      active_users: found.activeUsers,
      days: found.days.map(({ activeUsers, ...day }) => ({ ...day, active_users: activeUsers })),
      clients: found.clients.map(({ client, activeUsers }) => ({ client, active_users: activeUsers })),
      operations: found.operations,
      resources: found.resources.map(({ service, cpuSeconds, residentBytes }) => ({
        service,
        cpu_seconds: cpuSeconds,
        resident_bytes: residentBytes,
      })),
      database_bytes: found.databaseBytes,
    });
  });
}
