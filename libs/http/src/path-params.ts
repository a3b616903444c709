import {
  type EventId,
  parseEventId,
  parseRoomAlias,
  parseRoomId,
  parseUserId,
  type RoomAlias,
  type RoomId,
  type UserId,
} from '@plexus/matrix';
import { errors } from './errors.ts';
import type { MatrixRequest } from './types.ts';

/** Readers of path parameters. Each throws M_INVALID_PARAM when the id is none. */
export function roomIdParam(request: MatrixRequest, name = 'roomId'): RoomId {
  return parsed(request, name, parseRoomId, 'is not a room id');
}

export function userIdParam(request: MatrixRequest, name = 'userId'): UserId {
  return parsed(request, name, parseUserId, 'is not a user id');
}

export function eventIdParam(request: MatrixRequest, name = 'eventId'): EventId {
  return parsed(request, name, parseEventId, 'is not an event id');
}

export function roomAliasParam(request: MatrixRequest, name = 'roomAlias'): RoomAlias {
  return parsed(request, name, parseRoomAlias, 'is not a room alias');
}

/** A parameter that is any text of at most so many UTF-8 bytes, without NUL; may be empty. */
export function textParam(request: MatrixRequest, name: string, maxBytes = 255): string {
  const text = request.params[name] ?? '';
  if (Buffer.byteLength(text) > maxBytes) throw errors.invalidParam(name, `is longer than ${maxBytes} bytes`);
  if (text.includes('\0')) throw errors.invalidParam(name, 'contains a NUL');
  return text;
}

function parsed<Id>(
  request: MatrixRequest,
  name: string,
  parse: (text: string) => Id | undefined,
  problem: string,
): Id {
  const id = parse(request.params[name] ?? '');
  if (id === undefined) throw errors.invalidParam(name, problem);
  return id;
}
