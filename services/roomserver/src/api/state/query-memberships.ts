import type { QueryMembershipsRequest, QueryMembershipsResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { membershipFilter, membershipName } from '../../domain/membership.ts';
import { type MemberRow, selectMemberships } from '../../storage/memberships.ts';
import { eventIdOfStored } from '../../storage/stored-event.ts';

/** In which rooms these users are now. */
export async function queryMemberships(
  { database }: RoomserverContext,
  { userIds, memberships, roomIds }: QueryMembershipsRequest,
): Promise<QueryMembershipsResponse> {
  const rows = await database.query<MemberRow & { readonly forgotten: boolean }>(selectMemberships, [
    storableOnly(userIds),
    membershipFilter(memberships) ?? null,
    roomIds.length === 0 ? null : storableOnly(roomIds),
  ]);
  return {
    memberships: rows.map((row) => ({
      userId: row.user_id,
      roomId: row.room_id,
      membership: membershipName(row.membership),
      eventId: eventIdOfStored(row.key, row.room_version, row.folded_json),
      forgotten: row.forgotten,
    })),
  };
}
