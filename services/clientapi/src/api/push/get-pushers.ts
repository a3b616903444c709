import type { Pusher } from '@plexus/contracts/userapi';
import { authenticated, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { jsonObject } from '../../domain/stored-event.ts';

/** Client-server API, "GET /_matrix/client/v3/pushers". */
export function getPushers({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) => {
    const { pushers } = await clients.userapi.getPushers({ userId: requester.userId });
    return json({ pushers: pushers.map(pusherReply) });
  });
}

function pusherReply(pusher: Pusher): object {
  return {
    app_id: pusher.appId,
    pushkey: pusher.pushkey,
    kind: pusher.kind,
    app_display_name: pusher.appDisplayName,
    device_display_name: pusher.deviceDisplayName,
    ...(pusher.profileTag !== undefined && { profile_tag: pusher.profileTag }),
    lang: pusher.lang,
    data: jsonObject(pusher.data),
  };
}
