import type { SetNetworkListingRequest, SetNetworkListingResponse } from '@plexus/contracts/roomserver';
import { isRoomId, isUserId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { deleteNetworkListing, insertNetworkListing } from '../../storage/room-listings.ts';
import { inRoomTurn } from './in-room-turn.ts';
import { isJoined } from './right-over-room.ts';

/** Lists a room that the user is in in the directory of a network, or takes it off. Client-Server API, PUT /directory/list/appservice/{networkId}/{roomId}. */
export async function setNetworkListing(
  context: RoomserverContext,
  request: SetNetworkListingRequest,
): Promise<SetNetworkListingResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(
  context: RoomserverContext,
  { roomId, network, published, userId }: SetNetworkListingRequest,
): Promise<Refusal | undefined> {
  if (!isStorable(network)) return { kind: 'invalid_parameter', parameter: 'networkId' };
  if (!isRoomId(roomId)) return { kind: 'unknown_room' };
  if (userId !== undefined && !isUserId(userId)) return { kind: 'invalid_parameter', parameter: 'user' };
  return inRoomTurn(context, roomId, async (room, transaction) => {
    if (published && userId !== undefined && !(await isJoined(room, userId)))
      return { kind: 'not_allowed', reason: 'sender_not_joined' };
    await transaction.query(published ? insertNetworkListing : deleteNetworkListing, [network, roomId]);
    return undefined;
  });
}
