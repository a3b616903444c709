import type { GetPushersRequest, GetPushersResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { listPushers } from '../../storage/pushers.ts';

/** Where a user's notifications are sent. Client-server API, "GET /_matrix/client/v3/pushers". */
export async function getPushers(
  { database, serverName }: UserapiContext,
  { userId }: GetPushersRequest,
): Promise<GetPushersResponse> {
  const localpart = localLocalpart(userId, serverName);
  const rows = localpart === undefined ? [] : await listPushers(database, localpart);
  return {
    pushers: rows.map((row) => ({
      appId: row.app_id,
      pushkey: row.pushkey,
      kind: row.kind,
      appDisplayName: row.app_display_name,
      deviceDisplayName: row.device_display_name,
      profileTag: row.profile_tag ?? undefined,
      lang: row.lang,
      data: row.data,
    })),
  };
}
