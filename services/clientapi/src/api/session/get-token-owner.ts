import { authenticated, type Handler, json } from '@plexus/http';

/** Client-server API, "GET /_matrix/client/v3/account/whoami". */
export function getTokenOwner(): Handler {
  return authenticated(({ requester }) =>
    json({
      user_id: requester.userId,
      ...(requester.deviceId !== undefined && { device_id: requester.deviceId }),
      is_guest: false,
    }),
  );
}
