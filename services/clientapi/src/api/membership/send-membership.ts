import { type AuthenticatedRequest, optionalString } from '@plexus/http';
import type { JsonObject, RoomId, UserId } from '@plexus/matrix';
import { sendEvent } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { massagedTimestamp } from '../requester.ts';

export interface MembershipChange {
  readonly roomId: RoomId;
  readonly target: UserId;
  readonly membership: 'join' | 'invite' | 'leave' | 'ban';
  /** `displayname` and `avatar_url`, where the event carries them. */
  readonly profile?: JsonObject;
}

/** Sends the member event of a request, with the reason its body gives. */
export async function sendMembership(
  { clients }: ClientapiContext,
  request: AuthenticatedRequest,
  { membership, profile, roomId, target }: MembershipChange,
): Promise<void> {
  const reason = optionalString(request.body, 'reason');
  await sendEvent(clients.roomserver, {
    roomId,
    sender: request.requester.userId,
    type: 'm.room.member',
    stateKey: target,
    content: JSON.stringify({ ...profile, membership, ...(reason !== undefined && { reason }) }),
    ...massagedTimestamp(request),
  });
}
