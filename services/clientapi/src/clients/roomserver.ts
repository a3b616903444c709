import { randomUUID } from 'node:crypto';
import type { RoomserverService, SendEvent, StateKey, StoredEvent } from '@plexus/contracts/roomserver';
import { errors } from '@plexus/http';
import type { RoomId, UserId } from '@plexus/matrix';
import { contentOf, jsonObject, membershipOf } from '../domain/present-event.ts';

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

/** Whether a user who left wants to know nothing of the room any more. */
async function hasForgotten(roomserver: RoomserverService, roomId: RoomId, userId: UserId): Promise<boolean> {
  const { memberships } = await roomserver.queryMemberships({ userIds: [userId], memberships: [], roomIds: [roomId] });
  return memberships[0]?.forgotten ?? false;
}

export interface StateSelection {
  /** These entries; with none, all. */
  readonly keys?: readonly StateKey[];
  /** With no keys: these types only. */
  readonly types?: readonly string[];
}

const HISTORY_VISIBILITY = 'm.room.history_visibility';

/**
 * The state of a room as a user may read it: of now for members and in world-readable rooms, of when they left for those who
 * left. One call for most. Throws M_FORBIDDEN, also for rooms that do not exist. Client-server API, "/rooms/{roomId}/state".
 */
export async function readableState(
  roomserver: RoomserverService,
  roomId: RoomId,
  userId: UserId,
  selection: StateSelection,
): Promise<StoredEvent[]> {
  const all = await stateOf(roomserver, roomId, userId, selection, undefined);
  const own = all.find((event) => event.type === 'm.room.member' && event.stateKey === userId);
  const membership = own === undefined ? undefined : membershipOf(contentOf(own));
  if (membership === 'join' || isWorldReadable(all)) return selected(all, selection);
  if (own === undefined || !wasJoined(own) || (await hasForgotten(roomserver, roomId, userId)))
    throw errors.forbidden('You are not a member of this room');
  const atDeparture = await stateOf(roomserver, roomId, userId, selection, own.eventId);
  return selected(atDeparture, selection);
}

/** Whether the user is in the room, or everybody may read it. False for rooms that do not exist. */
export async function joinedOrWorldReadable(
  roomserver: RoomserverService,
  roomId: RoomId,
  userId: UserId,
): Promise<boolean> {
  const all = await stateOf(
    roomserver,
    roomId,
    userId,
    { keys: [{ type: HISTORY_VISIBILITY, stateKey: '' }] },
    undefined,
  );
  const own = all.find((event) => event.type === 'm.room.member' && event.stateKey === userId);
  return isWorldReadable(all) || (own !== undefined && membershipOf(contentOf(own)) === 'join');
}

/** Member events of the room as they stood at a position of the room log. */
export async function membersAt(
  roomserver: RoomserverService,
  roomId: RoomId,
  position: number,
): Promise<StoredEvent[]> {
  const at = { $case: 'atPosition', value: position } as const;
  const { rooms } = await roomserver.queryState({
    queries: [{ roomId, at, keys: [], types: ['m.room.member'], omitMembers: false, members: [] }],
  });
  return rooms[0]?.events ?? [];
}

async function stateOf(
  roomserver: RoomserverService,
  roomId: RoomId,
  userId: UserId,
  { keys = [], types = [] }: StateSelection,
  afterEventId: string | undefined,
): Promise<StoredEvent[]> {
  const toJudge = [
    { type: 'm.room.member', stateKey: userId },
    { type: HISTORY_VISIBILITY, stateKey: '' },
  ];
  const { rooms } = await roomserver.queryState({
    queries: [
      {
        roomId,
        ...(afterEventId !== undefined && { at: { $case: 'afterEventId', value: afterEventId } }),
        keys: keys.length === 0 ? [] : [...keys, ...toJudge],
        types: types.length === 0 ? [] : [...types, HISTORY_VISIBILITY],
        omitMembers: false,
        members: [],
      },
    ],
  });
  return rooms[0]?.events ?? [];
}

/** Left or banned right after having been joined. */
function wasJoined(own: StoredEvent): boolean {
  return own.prevContent !== undefined && membershipOf(jsonObject(own.prevContent)) === 'join';
}

function isWorldReadable(events: readonly StoredEvent[]): boolean {
  const event = events.find(({ type, stateKey }) => type === HISTORY_VISIBILITY && stateKey === '');
  return event !== undefined && contentOf(event)['history_visibility'] === 'world_readable';
}

/** Without what was asked for only to judge by it. */
function selected(events: StoredEvent[], { keys, types }: StateSelection): StoredEvent[] {
  if (keys !== undefined)
    return events.filter((event) => keys.some((key) => key.type === event.type && key.stateKey === event.stateKey));
  return types === undefined ? events : events.filter((event) => types.includes(event.type));
}
