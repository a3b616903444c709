import type { KnockRoomRequest, KnockRoomResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/**
 * A user asks to be invited. A room that this server is not in (`unknown_room`) is knocked at by make_knock and send_knock: that begins here.
 * Client-Server API, POST /knock/{roomIdOrAlias}.
 */
export async function knockRoom(context: RoomserverContext, request: KnockRoomRequest): Promise<KnockRoomResponse> {
  const { userId, profile } = request;
  const command = { operation: 'knock', membership: 'knock', sender: userId, target: userId, profile } as const;
  return errorOf(await changeMembership(context, request, command));
}
