import type { DeletePusherRequest, DeletePusherResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { isStorable } from '../../domain/stored-text.ts';
import { deletePusher as remove } from '../../storage/pushers.ts';

/** Removes a pusher of a user; one that is not there is no error. */
export async function deletePusher(
  { database, serverName }: UserapiContext,
  { userId, appId, pushkey }: DeletePusherRequest,
): Promise<DeletePusherResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart !== undefined && isStorable(appId) && isStorable(pushkey))
    await remove(database, localpart, appId, pushkey);
  return {};
}
