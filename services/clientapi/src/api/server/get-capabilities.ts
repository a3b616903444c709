import { authenticated, type Handler, rawJson } from '@plexus/http';
import { availableRoomVersions } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/capabilities". */
export function getCapabilities({ settings }: ClientapiContext): Handler {
  const answer = rawJson(
    JSON.stringify({
      capabilities: {
        'm.room_versions': { default: settings.defaultRoomVersion, available: availableRoomVersions },
        'm.change_password': { enabled: true },
        'm.profile_fields': { enabled: true },
        'm.set_displayname': { enabled: true },
        'm.set_avatar_url': { enabled: true },
        'm.3pid_changes': { enabled: false },
        'm.get_login_token': { enabled: false },
        'm.forget_forced_upon_leave': { enabled: false },
      },
    }),
  );
  return authenticated(() => answer);
}
