import type { DeleteAliasRequest, DeleteAliasResponse } from '@plexus/contracts/roomserver';
import {
  isRoomId,
  isUserId,
  type JsonObject,
  parseRoomAlias,
  type RoomAlias,
  type RoomId,
  type UserId,
} from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { RoomserverContext } from '../../context.ts';
import { isStorable, stateCommand } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { loadRoom } from '../../room-actor/load-room.ts';
import { type AliasRow, deleteAliasRow, selectAliases } from '../../storage/aliases.ts';
import { inRoomTurn } from './in-room-turn.ts';
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
  const { creator, room_id: roomId } = row;
  if (!isRoomId(roomId)) return { kind: 'unknown_alias' };
  const refusal = await inRoomTurn(context, roomId, async (room, transaction) => {
    if (creator !== userId && !(await hasRightOverRoom(room, userId))) return { kind: 'no_right_over_alias' };
    await transaction.query(deleteAliasRow, [alias]);
    return undefined;
  });
  if (refusal === undefined) await withdrawCanonicalAlias(context, roomId, alias, userId);
  return refusal;
}

/**
 * Takes a deleted alias out of the room's canonical aliases, when the user may. Client-Server API, DELETE /directory/room/{roomAlias}: the
 * deletion stands either way.
 */
async function withdrawCanonicalAlias(
  { database, actors }: RoomserverContext,
  roomId: RoomId,
  alias: RoomAlias,
  user: UserId,
): Promise<void> {
  const room = await loadRoom(database, roomId);
  await room?.load([['m.room.canonical_alias', '']]);
  const content = room?.at('m.room.canonical_alias', '')?.pdu.content;
  const changed = content === undefined ? undefined : contentWithout(content, alias);
  if (changed === undefined) return;
  const traceparent = currentTraceparent();
  const command = { sender: user, type: 'm.room.canonical_alias', stateKey: '', content: changed, traceparent };
  await actors.send(roomId, stateCommand(command));
}

/** Undefined when the alias is not in it. */
function contentWithout(content: JsonObject, alias: RoomAlias): JsonObject | undefined {
  const { alias: canonical, alt_aliases: alternatives, ...rest } = content;
  const others = Array.isArray(alternatives) ? alternatives.filter((other) => other !== alias) : undefined;
  const isAmong = Array.isArray(alternatives) && others?.length !== alternatives.length;
  if (canonical !== alias && !isAmong) return undefined;
  return {
    ...rest,
    ...(canonical !== undefined && canonical !== alias && { alias: canonical }),
    ...(others !== undefined && { alt_aliases: others }),
  };
}
