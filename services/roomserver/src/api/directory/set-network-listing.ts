import type { SetNetworkListingRequest, SetNetworkListingResponse } from '@plexus/contracts/roomserver';
import { isRoomId } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { deleteNetworkListing, insertNetworkListing } from '../../storage/room-listings.ts';
import { selectRoomsThere } from '../../storage/state-queries.ts';

/** Lists a room in the directory of a network or takes it off. Client-Server API, PUT /directory/list/appservice/{networkId}/{roomId}. */
export async function setNetworkListing(
  context: RoomserverContext,
  request: SetNetworkListingRequest,
): Promise<SetNetworkListingResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(
  { database }: RoomserverContext,
  { roomId, network, published }: SetNetworkListingRequest,
): Promise<Refusal | undefined> {
  if (!isStorable(network)) return { kind: 'invalid_parameter', parameter: 'networkId' };
  if (!isRoomId(roomId)) return { kind: 'unknown_room' };
  const there = await database.query(selectRoomsThere, [[roomId]]);
  if (there.length === 0) return { kind: 'unknown_room' };
  await database.query(published ? insertNetworkListing : deleteNetworkListing, [network, roomId]);
  return undefined;
}
