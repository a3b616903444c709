import { EphemeralStoreError } from '@plexus/cache';
import type { GetTypingRequest, GetTypingResponse } from '@plexus/contracts/typing';
import { RpcError } from '@plexus/rpc';
import type { TypingContext } from '../../context.ts';

/**
 * Who types in these rooms, or in all rooms in which somebody does: for whoever has missed broadcasts.
 * @throws RpcError UNAVAILABLE while the ephemeral store does not answer
 */
export async function getTyping({ sets }: TypingContext, { roomIds }: GetTypingRequest): Promise<GetTypingResponse> {
  try {
    const asked = roomIds.length === 0 ? await sets.rooms() : roomIds;
    const rooms = await Promise.all(
      asked.map(async (roomId) => ({ roomId, ...(await sets.read(roomId)), traceparent: '' })),
    );
    return { rooms: roomIds.length === 0 ? rooms.filter(({ userIds }) => userIds.length > 0) : rooms };
  } catch (error) {
    if (error instanceof EphemeralStoreError) throw new RpcError('UNAVAILABLE', 'the ephemeral store does not answer');
    throw error;
  }
}
