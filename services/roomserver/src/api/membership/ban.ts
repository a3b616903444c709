import type { BanRequest, BanResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/** Keeps a user out of a room, whether they are in it or not. Client-Server API, POST /rooms/{roomId}/ban. */
export async function ban(context: RoomserverContext, request: BanRequest): Promise<BanResponse> {
  const { sender, userId: target } = request;
  return errorOf(await changeMembership(context, request, { operation: 'ban', membership: 'ban', sender, target }));
}
