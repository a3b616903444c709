import type { RecordActivityRequest, RecordActivityResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { clientKind } from '../../domain/client-kind.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { recordReport } from '../../storage/activity.ts';
import { dayOf } from '../../storage/statistics.ts';

/** Stores what a process has seen since it last told. A report that comes again counts once. */
export async function recordActivity(
  { clock, database, serverName }: UserapiContext,
  request: RecordActivityRequest,
): Promise<RecordActivityResponse> {
  const now = clock.now();
  await recordReport(database, {
    ...request,
    now,
    day: dayOf(now),
    devices: request.devices.flatMap(({ userId, userAgent, ...seen }) => {
      const localpart = localLocalpart(userId, serverName);
      return localpart === undefined ? [] : [{ ...seen, localpart, client: clientKind(userAgent) }];
    }),
  });
  return {};
}
