import { randomUUID } from 'node:crypto';
import type { RoomserverService, SendEvent, StateKey, StoredEvent } from '@plexus/contracts/roomserver';
import { errors } from '@plexus/http';
import type { RoomId, UserId } from '@plexus/matrix';

/** Sends one event, once even if roomserver has to be asked again; its id, or the error that roomserver gives it. */
export async function sendEvent(roomserver: RoomserverService, event: SendEvent): Promise<string> {
  const { results } = await roomserver.sendEvents({
    events: [event],
    ...(event.transactionId === undefined && { requestKey: randomUUID() }),
  });
  const result = results[0]?.result;
  if (result === undefined) throw new TypeError('roomserver answers every event it is given');
  if (result.$case === 'error') throw errors.fromRpc(result.value);
  return result.value;
}

/** A user's membership in a room now; undefined when there never was one. */
export async function membershipIn(
  roomserver: RoomserverService,
  roomId: RoomId,
  userId: UserId,
): Promise<string | undefined> {
  const { memberships } = await roomserver.queryMemberships({ userIds: [userId], memberships: [], roomIds: [roomId] });
  return memberships[0]?.membership;
}

/** State events of a room now, those of the keys that it has. */
export async function stateNow(
  roomserver: RoomserverService,
  roomId: RoomId,
  keys: StateKey[],
): Promise<StoredEvent[]> {
  const { rooms } = await roomserver.queryState({
    queries: [{ roomId, keys, types: [], omitMembers: false, members: [] }],
  });
  return rooms[0]?.events ?? [];
}
