import type { DeleteAliasRequest, DeleteAliasResponse } from '@plexus/contracts/roomserver';
import { isRoomId, isUserId, parseRoomAlias } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { type AliasRow, deleteAliasRow, selectAliases } from '../../storage/aliases.ts';
import { hasRightOverRoom } from './right-over-room.ts';

/** Takes an alias away; whoever made it may, and whoever may set the room's canonical alias. */
export async function deleteAlias(
  context: RoomserverContext,
  request: DeleteAliasRequest,
): Promise<DeleteAliasResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(context: RoomserverContext, request: DeleteAliasRequest): Promise<Refusal | undefined> {
  const alias = parseRoomAlias(request.alias);
  if (alias === undefined || !isStorable(alias)) return { kind: 'invalid_parameter', parameter: 'roomAlias' };
  const { userId } = request;
  if (!isUserId(userId)) return { kind: 'invalid_parameter', parameter: 'user' };
  const [row] = await context.database.query<AliasRow>(selectAliases, [[alias]]);
  if (row === undefined) return { kind: 'unknown_alias' };
  const mayDelete =
    row.creator === userId || (isRoomId(row.room_id) && (await hasRightOverRoom(context, row.room_id, userId)));
  if (!mayDelete) return { kind: 'no_right_over_alias' };
  await context.database.query(deleteAliasRow, [alias]);
  return undefined;
}
