import type { LeaveRoomRequest, LeaveRoomResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/**
 * A user leaves a room, rejects an invite or withdraws a knock. Where this server is not in the room (`unknown_room`), the invite was another
 * server's, which has to be told by make_leave and send_leave: that begins here. Client-Server API, POST /rooms/{roomId}/leave.
 */
export async function leaveRoom(context: RoomserverContext, request: LeaveRoomRequest): Promise<LeaveRoomResponse> {
  const { userId } = request;
  const command = { operation: 'leave', membership: 'leave', sender: userId, target: userId } as const;
  return errorOf(await changeMembership(context, request, command));
}
