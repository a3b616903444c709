import type { EndSessionsRequest, EndSessionsResponse } from '@plexus/contracts/userapi';
import { isDeviceId } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { endSessions as deleteSessions, type EndedDevices } from '../../storage/sessions.ts';

/**
 * Ends sessions and removes their devices. Answers when no process accepts their tokens any more, also when they had ended before: the
 * first try may have been cut off in between. docs/decisions/session-leases.md
 */
export async function endSessions(
  { audit, database, publish, serverName, sessions }: UserapiContext,
  { userId, which, actor }: EndSessionsRequest,
): Promise<EndSessionsResponse> {
  const localpart = localLocalpart(userId, serverName);
  const ended = endedDevices(which);
  if (localpart === undefined || ended === undefined || ('only' in ended && ended.only.length === 0))
    return { ended: 0 };
  const logged = await deleteSessions(database, localpart, ended, currentTraceparent());
  publish(logged);
  audit({ action: 'user.logout', actor, subject: userId });
  await sessions.invalidate({ userId, deviceIds: 'only' in ended ? [...ended.only] : [] });
  return { ended: logged.length };
}

function endedDevices(which: EndSessionsRequest['which']): EndedDevices | undefined {
  switch (which?.$case) {
    case 'deviceId':
      return { only: [which.value].filter(isDeviceId) };
    case 'devices':
      return { only: which.value.deviceIds.filter(isDeviceId) };
    case 'allExceptDeviceId':
      return isDeviceId(which.value) ? { allExcept: which.value } : { all: true };
    case 'all':
      return { all: true };
    default:
      return undefined;
  }
}
