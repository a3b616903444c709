import type { InviteUserRequest, InviteUserResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/** Invites a user. Client-Server API, POST /rooms/{roomId}/invite. */
export async function inviteUser(context: RoomserverContext, request: InviteUserRequest): Promise<InviteUserResponse> {
  const { sender, userId: target, profile } = request;
  const command = { operation: 'invite', membership: 'invite', sender, target, profile } as const;
  return errorOf(await changeMembership(context, request, command));
}
