import { authenticated, errors, type Handler, json, roomIdParam, textParam } from '@plexus/http';
import { type JsonObject, ownValue, type RoomId, type UserId } from '@plexus/matrix';
import { membershipIn, sendEvent } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { queryInvitedUsers } from '../membership/invited-profiles.ts';
import { type CountedChanges, withinLimits } from '../membership/membership-limits.ts';
import { massagedTimestamp } from '../requester.ts';

/** Client-server API, "PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}". */
export function setRoomStateWithKey(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const type = textParam(request, 'eventType');
    if (type === '') throw errors.invalidParam('eventType', 'is empty');
    const state = {
      roomId: roomIdParam(request),
      sender: request.requester.userId,
      type,
      stateKey: textParam(request, 'stateKey'),
    };
    const changes = type === 'm.room.member' ? await changesOf(context, state, request.body) : {};
    const eventId = await withinLimits(context, request, changes, async () => {
      await queryInvitedUsers(context, changes.invited ?? []);
      return sendEvent(context.clients.roomserver, {
        ...state,
        content: request.bodyText,
        ...massagedTimestamp(request),
      });
    });
    return json({ event_id: eventId });
  });
}

/** What a member event counts as: the same as the request that is made for it. A member's new name in one room counts as a message does. */
async function changesOf(
  { clients }: ClientapiContext,
  { roomId, sender, stateKey }: { readonly roomId: RoomId; readonly sender: UserId; readonly stateKey: string },
  content: JsonObject,
): Promise<CountedChanges> {
  switch (ownValue(content, 'membership')) {
    case 'invite':
      return { invited: [stateKey] };
    case 'knock':
      return { entered: 1 };
    case 'join':
      return { entered: (await membershipIn(clients.roomserver, roomId, sender)) === 'join' ? 0 : 1 };
    default:
      return {};
  }
}
