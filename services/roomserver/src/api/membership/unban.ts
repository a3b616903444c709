import type { UnbanRequest, UnbanResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/** Lifts a ban and does nothing else. Client-Server API, POST /rooms/{roomId}/unban. */
export async function unban(context: RoomserverContext, request: UnbanRequest): Promise<UnbanResponse> {
  const { sender, userId: target } = request;
  return errorOf(await changeMembership(context, request, { operation: 'unban', membership: 'leave', sender, target }));
}
