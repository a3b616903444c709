import type { SetAliasRequest, SetAliasResponse } from '@plexus/contracts/roomserver';
import {
  aliasLocalpartOf,
  isNewAliasLocalpart,
  isRoomId,
  isUserId,
  parseRoomAlias,
  serverNameOf,
} from '@plexus/matrix';
import type { RoomserverContext } from '../../context.ts';
import { isStorable } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { insertAlias } from '../../storage/aliases.ts';
import { hasTooManyAliases } from './alias-quota.ts';
import { inRoomTurn } from './in-room-turn.ts';
import { isJoined } from './right-over-room.ts';

/** Points a free alias of this server at a room that its creator is in. Client-Server API, PUT /directory/room/{roomAlias}. */
export async function setAlias(context: RoomserverContext, request: SetAliasRequest): Promise<SetAliasResponse> {
  const refusal = await refusalOf(context, request);
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}

async function refusalOf(context: RoomserverContext, request: SetAliasRequest): Promise<Refusal | undefined> {
  const { names, serverName } = context;
  const { creator, isAdministrator, isAppservice } = request;
  const alias = parseRoomAlias(request.alias);
  if (alias === undefined || !isStorable(alias) || !isNewAliasLocalpart(aliasLocalpartOf(alias)))
    return { kind: 'invalid_parameter', parameter: 'roomAlias' };
  if (serverNameOf(alias) !== serverName) return { kind: 'alias_of_another_server' };
  if (!isUserId(creator)) return { kind: 'invalid_parameter', parameter: 'creator' };
  if (!isRoomId(request.roomId)) return { kind: 'unknown_room' };
  const number = await names.number('user', creator);
  return inRoomTurn(context, request.roomId, async (room, transaction) => {
    if (isAdministrator !== true && !(await isJoined(room, creator)))
      return { kind: 'not_allowed', reason: 'sender_not_joined' };
    if (isAppservice !== true && (await hasTooManyAliases(transaction, creator))) return { kind: 'too_many_aliases' };
    const set = await transaction.query(insertAlias, [alias, request.roomId, number]);
    return set.length === 0 ? { kind: 'alias_exists' } : undefined;
  });
}
