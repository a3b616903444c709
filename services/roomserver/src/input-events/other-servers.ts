import {
  compileServerAcl,
  isJsonObject,
  isUserId,
  ownValue,
  type RoomId,
  type ServerName,
  serverNameOf,
} from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import type { LiveRoom } from '../room-actor/live-room.ts';
import { selectServersInRooms } from '../storage/servers.ts';
import type { GatedEvent } from './input-event.ts';

/** Servers that are asked when the origin of a batch does not give what its events refer to. */
const MAX_OTHERS = 3;
/** Of so many it is looked up whether they are in the room. */
const MAX_CANDIDATES = 20;

/**
 * Servers in the room that are likely to have what events refer to, the likeliest first: those that made the events, which have seen what they
 * follow, then those of the room's creator and of whoever has most power, which are seldom away for good. None of a room that is not known.
 */
export async function otherServers(
  room: LiveRoom | undefined,
  of: {
    readonly roomId: RoomId;
    readonly events: readonly GatedEvent[];
    readonly origin: ServerName;
    readonly serverName: ServerName;
  },
  queryable: Queryable,
): Promise<readonly ServerName[]> {
  if (room === undefined) return [];
  await room.load([
    ['m.room.create', ''],
    ['m.room.power_levels', ''],
    ['m.room.server_acl', ''],
  ]);
  const creator = room.at('m.room.create', '')?.pdu.sender;
  const users = [
    ...of.events.map(({ pdu }) => pdu.sender),
    ...(creator === undefined ? [] : [creator]),
    ...mostPowerful(room),
  ];
  const acl = compileServerAcl(room.at('m.room.server_acl', '')?.pdu.content);
  const candidates = [...new Set(users.filter(isUserId).map(serverNameOf))]
    .filter((server) => server !== of.origin && server !== of.serverName)
    .slice(0, MAX_CANDIDATES)
    .filter((server) => acl.allows(server));
  const rows = await queryable.query<{ place: number }>(selectServersInRooms, [
    candidates.map((_, index) => index),
    candidates.map(() => of.roomId),
    candidates,
  ]);
  const joined = new Set(rows.map(({ place }) => place));
  return candidates.filter((_, index) => joined.has(index)).slice(0, MAX_OTHERS);
}

function mostPowerful(room: LiveRoom): string[] {
  const content = room.at('m.room.power_levels', '')?.pdu.content;
  const users = content && ownValue(content, 'users');
  if (!isJsonObject(users)) return [];
  const levels = Object.entries(users).map(([user, level]) => ({ user, level: Number(level) || 0 }));
  return levels.sort((a, b) => b.level - a.level).map(({ user }) => user);
}
