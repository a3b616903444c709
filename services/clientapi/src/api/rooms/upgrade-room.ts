import { authenticated, errors, type Handler, json, optionalStringArray, roomIdParam, stringField } from '@plexus/http';
import { isUserId, parseRoomId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { withinLimits } from '../membership/membership-limits.ts';
import { carryOverSettings } from './carry-over-settings.ts';
import { roomVersionOf } from './read-create-room.ts';

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/upgrade". M_UNSUPPORTED_ROOM_VERSION, M_FORBIDDEN, M_NOT_FOUND. */
export function upgradeRoom(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const { userId } = request.requester;
    const rules = roomVersionOf(stringField(request.body, 'new_version'));
    const additionalCreators = optionalStringArray(request.body, 'additional_creators') ?? [];
    if (rules.privilegedCreators && !additionalCreators.every(isUserId))
      throw errors.invalidParam('additional_creators', 'has an entry that is not a user id');
    const upgrade = { roomId, userId, newVersion: rules.version, additionalCreators };
    const replacement = await withinLimits(context, request, { entered: 1 }, async () => {
      const { result } = await context.clients.roomserver.upgradeRoom(upgrade);
      if (result === undefined) throw errors.internal();
      if (result.$case === 'error') throw errors.fromRpc(result.value);
      return result.value;
    });
    const to = parseRoomId(replacement);
    if (to !== undefined) await carryOverSettings(context, userId, { from: roomId, to });
    return json({ replacement_room: replacement });
  });
}
