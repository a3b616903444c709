import type { HierarchyRoom } from '@plexus/contracts/roomserver';
import { isJsonObject, type JsonObject, ownValue, type UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';
import { jsonObject } from '../../domain/stored-event.ts';

/** The user's memberships by room id, as far as they let anybody see a room; one call for all rooms. */
export async function membershipsOf(
  { clients }: ClientapiContext,
  userId: UserId | undefined,
): Promise<ReadonlyMap<string, string>> {
  if (userId === undefined) return new Map();
  const asked = { userIds: [userId], memberships: ['join', 'invite', 'knock', 'ban'], roomIds: [] };
  const { memberships } = await clients.roomserver.queryMemberships(asked);
  return new Map(memberships.map(({ roomId, membership }) => [roomId, membership]));
}

/**
 * Whether a room is shown to somebody in the hierarchy or by its summary: to members and those who could join or knock, and to all when the
 * world may read it. Client-server API, "GET /_matrix/client/v1/rooms/{roomId}/hierarchy".
 */
export function isShown(room: HierarchyRoom, memberships: ReadonlyMap<string, string>): boolean {
  if (!room.exists) return false;
  const membership = memberships.get(room.roomId);
  if (membership === 'join' || membership === 'invite') return true;
  const summary = jsonObject(room.summary);
  if (ownValue(summary, 'world_readable') === true) return true;
  if (membership === 'ban') return false;
  const rule = ownValue(summary, 'join_rule');
  if (rule === 'public' || rule === 'knock' || rule === 'knock_restricted') return true;
  return rule === 'restricted' && room.allowedRoomIds.some((roomId) => memberships.get(roomId) === 'join');
}

/** Client-server API, RoomSummary. */
export function roomSummary(room: HierarchyRoom): JsonObject {
  return {
    ...jsonObject(room.summary),
    room_id: room.roomId,
    num_joined_members: room.joinedMembers,
    room_version: room.roomVersion,
    ...(room.allowedRoomIds.length > 0 && { allowed_room_ids: [...room.allowedRoomIds] }),
    ...(room.encryption !== undefined && { encryption: room.encryption }),
  };
}

/** The rooms of a space's children as they are to be shown: by `order`, then by age, then by id. Client-server API, "Ordering of children". */
export function childrenOf(room: HierarchyRoom, suggestedOnly: boolean): JsonObject[] {
  const children = room.children.map(jsonObject).filter((child) => {
    const content = ownValue(child, 'content');
    return !suggestedOnly || (isJsonObject(content) && ownValue(content, 'suggested') === true);
  });
  return children.toSorted(compareChildren);
}

/** The room that an `m.space.child` event names. */
export function childId(child: JsonObject): string {
  const stateKey = ownValue(child, 'state_key');
  return typeof stateKey === 'string' ? stateKey : '';
}

const MAX_ORDER_LENGTH = 50;

function compareChildren(a: JsonObject, b: JsonObject): number {
  const [orderA, orderB] = [orderOf(a), orderOf(b)];
  if (orderA !== orderB) {
    if (orderA === undefined) return 1;
    if (orderB === undefined) return -1;
    return orderA < orderB ? -1 : 1;
  }
  const age = Number(ownValue(a, 'origin_server_ts') ?? 0) - Number(ownValue(b, 'origin_server_ts') ?? 0);
  if (age !== 0) return age;
  return childId(a) < childId(b) ? -1 : 1;
}

/** Printable ASCII of at most 50 characters; anything else is no order. */
function orderOf(child: JsonObject): string | undefined {
  const content = ownValue(child, 'content');
  const order = isJsonObject(content) ? ownValue(content, 'order') : undefined;
  return typeof order === 'string' && order.length <= MAX_ORDER_LENGTH && /^[\x20-\x7e]+$/.test(order)
    ? order
    : undefined;
}
