import type { QueryAuthChainsRequest, QueryAuthChainsResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { readEventIds } from '../../storage/event-ids.ts';
import { requireServerInRooms } from '../servers/require-server-in-rooms.ts';
import { knownInRooms } from './known-in-rooms.ts';

/** The auth chains of events of rooms, as ids; an answer for each query, in order. Server-Server API, "GET /event_auth/{roomId}/{eventId}". */
export async function queryAuthChains(
  context: RoomserverContext,
  { queries, askingServer }: QueryAuthChainsRequest,
): Promise<QueryAuthChainsResponse> {
  const { database, authChains } = context;
  const roomIds = queries.map(({ roomId }) => roomId);
  await requireServerInRooms(context, askingServer, roomIds);
  const distinct = queries.map(({ roomId, eventIds }) => ({ roomId, eventIds: [...new Set(eventIds)] }));
  const known = await knownInRooms(
    database,
    distinct.flatMap(({ roomId, eventIds }, place) => eventIds.map((eventId) => ({ place, roomId, eventId }))),
  );
  const chains = await Promise.all(
    distinct.map(async ({ eventIds }, place) => {
      const events = (known.get(place) ?? []).map(({ event }) => event);
      const exists = eventIds.length > 0 && events.length === eventIds.length;
      return { exists, events: exists ? await authChains.chainOf(events) : [] };
    }),
  );
  const ids = await readEventIds(
    database,
    chains.flatMap(({ events }) => events),
  );
  return {
    chains: chains.map(({ exists, events }) => ({
      exists,
      eventIds: events.flatMap((event) => ids.get(event) ?? []),
    })),
  };
}
