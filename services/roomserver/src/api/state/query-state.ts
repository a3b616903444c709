import type { QueryStateRequest, QueryStateResponse, StoredEvent } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { isStorable, storableOnly } from '../../domain/event-command.ts';
import { selectRoomsThere } from '../../storage/state-queries.ts';
import { stateAt } from './state-at-point.ts';
import { stateNow } from './state-now.ts';

/** State of rooms, now or at an event, whole or by key; an answer for each query, in order. */
export async function queryState(
  context: RoomserverContext,
  { queries }: QueryStateRequest,
): Promise<QueryStateResponse> {
  const placed = queries.map((query, place) => ({ place, query })).filter(({ query }) => isStorable(query.roomId));
  const now = placed.filter(({ query }) => query.at === undefined);
  const at = placed.filter(({ query }) => query.at !== undefined);
  const [there, current, earlier] = await Promise.all([
    context.database.query<{ room_id: string }>(selectRoomsThere, [storableOnly(queries.map(({ roomId }) => roomId))]),
    stateNow(context, now),
    stateAt(context, at),
  ]);
  const known = new Set(there.map(({ room_id }) => room_id));
  return {
    rooms: queries.map(({ roomId }, place) => ({
      roomId,
      exists: known.has(roomId),
      events: current.get(place) ?? earlier.get(place) ?? noEvents,
    })),
  };
}

const noEvents: StoredEvent[] = [];
