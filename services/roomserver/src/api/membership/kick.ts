import type { KickRequest, KickResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/** Removes a user from a room, withdraws an invite or rejects a knock; a ban stays. Client-Server API, POST /rooms/{roomId}/kick. */
export async function kick(context: RoomserverContext, request: KickRequest): Promise<KickResponse> {
  const { sender, userId: target } = request;
  return errorOf(await changeMembership(context, request, { operation: 'kick', membership: 'leave', sender, target }));
}
