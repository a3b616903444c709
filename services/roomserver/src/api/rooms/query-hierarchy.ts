import type { HierarchyRoom, QueryHierarchyRequest, QueryHierarchyResponse } from '@plexus/contracts/roomserver';
import { canonicalJson, isJsonObject, type JsonObject, ownValue } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import { type ListedType, listedTypes, roomListing } from '../../domain/room-listing.ts';
import { type HierarchyStateRow, selectHierarchyRooms, selectHierarchyState } from '../../storage/hierarchy.ts';
import { countJoined } from '../../storage/room-listings.ts';
import { keysOf } from '../../storage/stored-event.ts';

const SPACE = 'm.space';
const CHILD = 'm.space.child';
const ENCRYPTION = 'm.room.encryption';

/**
 * What the space hierarchy shows of rooms, whoever asks: who may see it is for the caller to say, by the join rule and the memberships. An
 * answer for each id of the request, in order. Client-Server API, "GET /rooms/{roomId}/hierarchy".
 */
export async function queryHierarchy(
  { database }: RoomserverContext,
  { roomIds }: QueryHierarchyRequest,
): Promise<QueryHierarchyResponse> {
  type RoomRow = { room: number; room_id: string; room_version: string };
  const there = await database.query<RoomRow>(selectHierarchyRooms, [storableOnly(roomIds)]);
  const rooms = there.map(({ room }) => room);
  const [state, counts] = await Promise.all([
    database.query<HierarchyStateRow>(selectHierarchyState, [rooms, [...listedTypes, ENCRYPTION], CHILD]),
    database.query<{ room: number; joined: number }>(countJoined, [rooms]),
  ]);
  const byRoom = Map.groupBy(state, ({ room }) => room);
  const joined = new Map(counts.map((row) => [row.room, row.joined]));
  const shown = new Map(
    there.map((row) => [
      row.room_id,
      {
        ...shownState(byRoom.get(row.room) ?? []),
        roomVersion: row.room_version,
        joinedMembers: joined.get(row.room) ?? 0,
      },
    ]),
  );
  return {
    rooms: roomIds.map((roomId) => ({ roomId, exists: shown.has(roomId), ...(shown.get(roomId) ?? unknownRoom) })),
  };
}

type ShownState = Pick<HierarchyRoom, 'summary' | 'allowedRoomIds' | 'encryption' | 'children'>;

const unknownRoom = {
  roomVersion: '',
  joinedMembers: 0,
  summary: '',
  allowedRoomIds: [],
  encryption: undefined,
  children: [],
};

function shownState(rows: readonly HierarchyStateRow[]): ShownState {
  const contents = new Map<string, JsonObject>();
  const children: string[] = [];
  for (const { type, folded_json } of rows) {
    const event = keysOf(unfoldJson(folded_json));
    if (type !== CHILD) contents.set(type, event.content);
    else if (namesServers(event.content)) children.push(strippedChild(event));
  }
  const listing = roomListing((type: ListedType) => contents.get(type));
  return {
    summary: JSON.stringify(listing),
    allowedRoomIds: allowedRooms(contents.get('m.room.join_rules')),
    encryption: encryptionIn(contents.get(ENCRYPTION)),
    // What other rooms have of such events leads nowhere: a space alone has children.
    children: listing.room_type === SPACE ? children : [],
  };
}

/** A child without servers to join by is none any more. Client-Server API, m.space.child. */
function namesServers(content: JsonObject): boolean {
  const via = ownValue(content, 'via');
  return Array.isArray(via) && via.some((server) => typeof server === 'string');
}

function strippedChild({ type, stateKey, sender, originServerTs, content }: ReturnType<typeof keysOf>): string {
  return canonicalJson({ type, state_key: stateKey ?? '', sender, origin_server_ts: originServerTs, content });
}

function allowedRooms(joinRules: JsonObject | undefined): string[] {
  const allow = joinRules === undefined ? undefined : ownValue(joinRules, 'allow');
  return (Array.isArray(allow) ? allow : []).flatMap((rule) => {
    if (!isJsonObject(rule) || ownValue(rule, 'type') !== 'm.room_membership') return [];
    const roomId = ownValue(rule, 'room_id');
    return typeof roomId === 'string' ? [roomId] : [];
  });
}

function encryptionIn(content: JsonObject | undefined): string | undefined {
  const algorithm = content === undefined ? undefined : ownValue(content, 'algorithm');
  return typeof algorithm === 'string' ? algorithm : undefined;
}
