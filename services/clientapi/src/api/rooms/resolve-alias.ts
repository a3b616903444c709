import { errors, type MatrixRequest } from '@plexus/http';
import { isLocal, parseRoomAlias, parseRoomId, type RoomAlias, type RoomId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';

/**
 * The room that an alias of this server points at. One that is not known may be an application service's to make: it is asked
 * once. M_NOT_FOUND.
 */
export async function resolveAlias(context: ClientapiContext, alias: RoomAlias): Promise<RoomId> {
  const { clients, settings } = context;
  const found = isLocal(alias, settings.serverName)
    ? ((await lookUp(context, alias)) ?? (await askApplicationServices()))
    : undefined;
  if (found === undefined) throw errors.notFound('No room has this alias');
  return found;

  async function askApplicationServices(): Promise<RoomId | undefined> {
    const { exists } = await clients.appservice.queryExistence({ subject: { $case: 'alias', value: alias } });
    return exists ? lookUp(context, alias) : undefined;
  }
}

/** The room that a path names by its id or by an alias. M_NOT_FOUND, M_INVALID_PARAM. */
export async function roomOfParam(context: ClientapiContext, { params }: MatrixRequest): Promise<RoomId> {
  const { roomIdOrAlias = '', roomId: text = roomIdOrAlias } = params;
  const roomId = parseRoomId(text);
  if (roomId !== undefined) return roomId;
  const alias = parseRoomAlias(text);
  if (alias === undefined) throw errors.invalidParam('roomIdOrAlias', 'is neither a room id nor an alias');
  return resolveAlias(context, alias);
}

async function lookUp({ clients }: ClientapiContext, alias: RoomAlias): Promise<RoomId | undefined> {
  const { aliases } = await clients.roomserver.resolveAliases({ aliases: [alias] });
  return parseRoomId(aliases[0]?.roomId ?? '');
}
