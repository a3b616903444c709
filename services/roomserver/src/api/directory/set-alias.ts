import type { SetAliasRequest, SetAliasResponse } from '@plexus/contracts/roomserver';
import { isRoomId, isUserId, parseRoomAlias, serverNameOf } from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { insertAlias } from '../../storage/aliases.ts';
import { selectRoomsThere } from '../../storage/state-queries.ts';

/** Points a free alias of this server at a room. Client-Server API, PUT /directory/room/{roomAlias}. */
export async function setAlias(context: RoomserverContext, request: SetAliasRequest): Promise<SetAliasResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(
  { database, names, serverName }: RoomserverContext,
  request: SetAliasRequest,
): Promise<Refusal | undefined> {
  const alias = parseRoomAlias(request.alias);
  if (alias === undefined || !isStorable(alias)) return { kind: 'invalid_parameter', parameter: 'roomAlias' };
  if (serverNameOf(alias) !== serverName) return { kind: 'alias_of_another_server' };
  if (!isUserId(request.creator)) return { kind: 'invalid_parameter', parameter: 'creator' };
  if (!isRoomId(request.roomId)) return { kind: 'unknown_room' };
  const there = await database.query(selectRoomsThere, [[request.roomId]]);
  if (there.length === 0) return { kind: 'unknown_room' };
  const creator = await names.number('user', request.creator);
  const set = await database.query(insertAlias, [alias, request.roomId, creator]);
  return set.length === 0 ? { kind: 'alias_exists' } : undefined;
}
