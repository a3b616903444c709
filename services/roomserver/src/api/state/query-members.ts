import type { Member, QueryMembersRequest, QueryMembersResponse } from '@plexus/contracts/roomserver';
import { type JsonObject, ownValue } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import { membershipFilter, membershipName } from '../../domain/membership.ts';
import { type MemberRow, selectMembers } from '../../storage/memberships.ts';
import { selectRoomsThere } from '../../storage/state-queries.ts';
import { eventIdOfStored, keysOf } from '../../storage/stored-event.ts';

/** Who is in these rooms now; a room answer for each id of the request, in order. */
export async function queryMembers(
  { database }: RoomserverContext,
  { roomIds, memberships }: QueryMembersRequest,
): Promise<QueryMembersResponse> {
  const asked = storableOnly(roomIds);
  const [there, rows] = await Promise.all([
    database.query<{ room_id: string }>(selectRoomsThere, [asked]),
    database.query<MemberRow>(selectMembers, [asked, membershipFilter(memberships) ?? null]),
  ]);
  const known = new Set(there.map(({ room_id }) => room_id));
  const members = Map.groupBy(rows, ({ room_id }) => room_id);
  return {
    rooms: roomIds.map((roomId) => ({
      roomId,
      exists: known.has(roomId),
      members: (members.get(roomId) ?? []).map(memberOf),
    })),
  };
}

function memberOf(row: MemberRow): Member {
  const content: JsonObject = row.folded_json === null ? {} : keysOf(unfoldJson(row.folded_json)).content;
  return {
    userId: row.user_id,
    membership: membershipName(row.membership),
    displayName: text(content, 'displayname'),
    avatarUrl: text(content, 'avatar_url'),
    eventId: eventIdOfStored(row.key, row.room_version, row.folded_json),
  };
}

function text(content: JsonObject, key: string): string | undefined {
  const value = ownValue(content, key);
  return typeof value === 'string' ? value : undefined;
}
