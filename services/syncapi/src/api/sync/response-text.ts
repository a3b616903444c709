import { accountDataField } from '../../domain/account-data.ts';
import type { SectionStyle } from '../../domain/section-style.ts';
import { formatSyncToken, type SyncPosition } from '../../domain/sync-token.ts';
import { emptySectionText } from '../../streams/room-events/room-delta.ts';
import type { RoomParts, SyncParts } from '../../streams/sync-parts.ts';

/** Counts of one-time keys are always there: without them clients stop making new ones. */
const keyCounts = '"device_one_time_keys_count":{},"device_unused_fallback_key_types":[]';

/** The body of a response of GET /sync that has no news. */
export function emptyResponseText(generation: number, position: SyncPosition): string {
  return `{"next_batch":"${formatSyncToken(generation, position)}",${keyCounts}}`;
}

/** The body of a response of GET /sync. Client-server API, "Syncing". */
export function responseText(parts: SyncParts, position: SyncPosition, style: SectionStyle): string {
  const fields = [`{"next_batch":"${formatSyncToken(style.generation, position)}"`];
  const rooms: string[] = [];
  const roomText = (room: RoomParts) => roomFields(room, position.room, style);
  addRooms(rooms, 'join', parts.join, roomText);
  addRooms(rooms, 'invite', parts.invite, (events) => `"invite_state":{"events":${events}}`);
  addRooms(rooms, 'knock', parts.knock, (events) => `"knock_state":{"events":${events}}`);
  addRooms(rooms, 'leave', parts.leave, roomText);
  if (rooms.length > 0) fields.push(`"rooms":{${rooms.join(',')}}`);
  const accountData = accountDataField(parts.accountData);
  if (accountData !== undefined) fields.push(accountData);
  fields.push(`${keyCounts}}`);
  return fields.join(',');
}

function addRooms<Room>(
  texts: string[],
  name: string,
  rooms: ReadonlyMap<string, Room>,
  textOf: (room: Room) => string,
): void {
  if (rooms.size === 0) return;
  const list = [...rooms].map(([roomId, room]) => `${JSON.stringify(roomId)}:{${textOf(room)}}`);
  texts.push(`"${name}":{${list.join(',')}}`);
}

function roomFields(room: RoomParts, position: number, style: SectionStyle): string {
  let text = room.events ?? emptySectionText(position, style);
  if (room.ephemeral !== undefined) text += `,"ephemeral":{"events":[${room.ephemeral.join(',')}]}`;
  if (room.summary !== undefined) text += `,"summary":${room.summary}`;
  const accountData = accountDataField(room.accountData ?? []);
  return accountData === undefined ? text : `${text},${accountData}`;
}
