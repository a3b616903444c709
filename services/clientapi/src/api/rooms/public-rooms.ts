import type { QueryPublishedRoomsRequest } from '@plexus/contracts/roomserver';
import { errors, json, type MatrixRequest, type Reply } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { jsonObject } from '../../domain/stored-event.ts';

const DEFAULT_ROOMS = 100;

export type PublicRoomsQuestion = Partial<Omit<QueryPublishedRoomsRequest, '$type'>>;

/** A page of this server's room directory. M_NOT_FOUND for that of another server, which cannot be asked yet. */
export async function publicRooms(
  { clients, settings }: ClientapiContext,
  request: MatrixRequest,
  question: PublicRoomsQuestion,
): Promise<Reply> {
  const server = request.query.get('server');
  if (server !== null && server !== settings.serverName)
    throw errors.notFound('The directory of this server cannot be asked');
  const answer = await clients.roomserver.queryPublishedRooms({
    limit: DEFAULT_ROOMS,
    since: '',
    searchTerm: '',
    anyType: true,
    roomTypes: [],
    untyped: false,
    ...question,
  });
  if (answer.error !== undefined) throw errors.fromRpc(answer.error);
  return json({
    chunk: answer.rooms.map(({ roomId, joinedMembers, summary }) => ({
      ...jsonObject(summary),
      room_id: roomId,
      num_joined_members: joinedMembers,
    })),
    ...(answer.nextBatch !== undefined && { next_batch: answer.nextBatch }),
    ...(answer.prevBatch !== undefined && { prev_batch: answer.prevBatch }),
    total_room_count_estimate: answer.totalEstimate,
  });
}
