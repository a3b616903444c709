import type { JoinRoomRequest, JoinRoomResponse } from '@plexus/contracts/membership';
import type { RoomserverContext } from '../../context.ts';
import { changeMembership, errorOf } from './change-membership.ts';

/**
 * A user of this server joins a room that this server is in. Into any other room (`unknown_room`) another server has to let this one, by
 * make_join and send_join: federationapi carries that out, and its answer comes in by InputEvents as a joined room. That job begins here.
 * Client-Server API, POST /rooms/{roomId}/join.
 */
export async function joinRoom(context: RoomserverContext, request: JoinRoomRequest): Promise<JoinRoomResponse> {
  const { userId, profile } = request;
  const command = { operation: 'join', membership: 'join', sender: userId, target: userId, profile } as const;
  return errorOf(await changeMembership(context, request, command));
}
