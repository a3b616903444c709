import type { QueryStateIdsRequest, QueryStateIdsResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { readEventIds } from '../../storage/event-ids.ts';
import { requireServerInRooms } from '../servers/require-server-in-rooms.ts';
import { knownInRooms } from './known-in-rooms.ts';

/**
 * The states before events and the auth chains of those states, as ids; an answer for each query, in order. Server-Server API,
 * "GET /state_ids/{roomId}".
 */
export async function queryStateIds(
  context: RoomserverContext,
  { queries, askingServer }: QueryStateIdsRequest,
): Promise<QueryStateIdsResponse> {
  const { database, stateStore, authChains } = context;
  const roomIds = queries.map(({ roomId }) => roomId);
  await requireServerInRooms(context, askingServer, roomIds);
  const known = await knownInRooms(
    database,
    queries.map((query, place) => ({ place, ...query })),
  );
  const snapshots = queries.map((_query, place) => known.get(place)?.[0]?.snapshot ?? -1);
  const states = await stateStore.read(snapshots.filter((snapshot) => snapshot >= 0));
  const answers = await Promise.all(
    snapshots.map(async (snapshot) => {
      const state = (states.get(snapshot) ?? []).map(({ event }) => event);
      return { exists: snapshot >= 0, state, chain: await authChains.chainOf(state) };
    }),
  );
  const ids = await readEventIds(
    database,
    answers.flatMap(({ state, chain }) => [...state, ...chain]),
  );
  const idsOf = (events: readonly number[]) => events.flatMap((event) => ids.get(event) ?? []);
  return {
    states: answers.map(({ exists, state, chain }) => ({
      exists,
      stateEventIds: idsOf(state),
      authChainIds: idsOf(chain),
    })),
  };
}
