import type { ResolveAliasesRequest, ResolveAliasesResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { storableOnly } from '../../domain/event-command.ts';
import { type AliasRow, selectAliases } from '../../storage/aliases.ts';

/** The rooms that local aliases point at; an answer for each alias of the request, in order. */
export async function resolveAliases(
  { database }: RoomserverContext,
  { aliases }: ResolveAliasesRequest,
): Promise<ResolveAliasesResponse> {
  const rows = await database.query<AliasRow>(selectAliases, [storableOnly(aliases)]);
  const rooms = new Map(rows.map(({ alias, room_id }) => [alias, room_id]));
  return { aliases: aliases.map((alias) => ({ alias, roomId: rooms.get(alias) })) };
}
