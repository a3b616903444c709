import type { MatrixError } from '@plexus/contracts/common';
import type { Pusher, SetPusherRequest, SetPusherResponse } from '@plexus/contracts/userapi';
import { DatabaseError } from '@plexus/postgres';
import type { UserapiContext } from '../../context.ts';
import { matrixErrors } from '../../domain/errors.ts';
import { MAX_PUSHERS } from '../../domain/limits.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { isStorableJson } from '../../domain/storable-json.ts';
import { isStorable } from '../../domain/stored-text.ts';
import { storePusher } from '../../storage/pushers.ts';

/** Stores a pusher of a user, or replaces it. What a pusher must say is for the edge to check. Client-server API, "POST /pushers/set". */
export async function setPusher(
  { clock, database, serverName }: UserapiContext,
  { userId, deviceId, pusher, append }: SetPusherRequest,
): Promise<SetPusherResponse> {
  const localpart = localLocalpart(userId, serverName);
  if (localpart === undefined) return { error: matrixErrors.invalidUserId };
  if (pusher === undefined || !isSound(pusher)) return { error: matrixErrors.invalidPusher };
  const options = { deviceId, append, now: clock.now(), maxPushers: MAX_PUSHERS };
  try {
    return { error: problems[await storePusher(database, localpart, rowOf(pusher), options)] };
  } catch (error) {
    // The device was deleted meanwhile, and a pusher goes with its device.
    if (error instanceof DatabaseError && error.constraint === 'pushers_account_nid_device_id_fkey')
      return { error: matrixErrors.unknownDevice };
    throw error;
  }
}

const problems: Readonly<Record<Awaited<ReturnType<typeof storePusher>>, MatrixError | undefined>> = {
  stored: undefined,
  noAccount: matrixErrors.noAccount,
  tooMany: matrixErrors.tooManyPushers,
};

function isSound({ appId, pushkey, kind, appDisplayName, deviceDisplayName, profileTag, lang, data }: Pusher): boolean {
  const texts = [appId, pushkey, kind, appDisplayName, deviceDisplayName, profileTag ?? '', lang];
  return texts.every(isStorable) && isStorableJson(data, 'object');
}

function rowOf(pusher: Pusher) {
  return {
    app_id: pusher.appId,
    pushkey: pusher.pushkey,
    kind: pusher.kind,
    app_display_name: pusher.appDisplayName,
    device_display_name: pusher.deviceDisplayName,
    profile_tag: pusher.profileTag ?? null,
    lang: pusher.lang,
    data: pusher.data,
  };
}
