import { isJsonInteger, isJsonObject, type JsonObject, type JsonValue, ownValue, type Result } from '@plexus/matrix';

/** What a filter asks of an event. */
export interface FilteredEvent {
  readonly type: string;
  readonly sender: string;
  readonly roomId: string | undefined;
  readonly hasUrl: boolean;
}

/** An EventFilter or RoomEventFilter, read. Client-server API, "Filtering". */
export interface EventFilter {
  readonly limit: number | undefined;
  readonly lazyLoadMembers: boolean;
  readonly includeRedundantMembers: boolean;
  /** True when every event passes: spares the question per event. */
  readonly passesAll: boolean;
  matches(event: FilteredEvent): boolean;
}

export interface SyncFilter {
  /** Equal filters have equal keys, so what is built for one receiver serves all who ask alike. */
  readonly key: string;
  readonly timeline: EventFilter;
  readonly state: EventFilter;
  readonly ephemeral: EventFilter;
  readonly roomAccountData: EventFilter;
  readonly accountData: EventFilter;
  readonly includeLeave: boolean;
  readonly federationFormat: boolean;
  wantsRoom(roomId: string): boolean;
}

/** The key that is wrong, and how; for M_INVALID_PARAM or M_BAD_JSON. */
export interface FilterProblem {
  readonly key: string;
  readonly problem: string;
}

const maxListEntries = 10_000;
const defaultTimelineLimit = 10;
const maxTimelineLimit = 1000;

export const noFilter: SyncFilter = compiled({}, '');

/**
 * Reads a filter as clients write it. Keys that are not known are ignored, as the specification's clients send those of later versions.
 */
export function parseSyncFilter(filter: JsonObject): Result<SyncFilter, FilterProblem> {
  const problem = problemOf(filter);
  if (problem !== undefined) return { ok: false, error: problem };
  return { ok: true, value: compiled(filter, JSON.stringify(filter)) };
}

/** Reads the RoomEventFilter of /messages and /context. */
export function parseRoomEventFilter(filter: JsonObject): Result<EventFilter, FilterProblem> {
  const problem = eventFilterProblem('filter', filter);
  return problem === undefined ? { ok: true, value: eventFilter(filter) } : { ok: false, error: problem };
}

function compiled(filter: JsonObject, key: string): SyncFilter {
  const room = objectAt(filter, 'room');
  const rooms = stringSet(room, 'rooms');
  const notRooms = stringSet(room, 'not_rooms');
  const timeline = eventFilter(objectAt(room, 'timeline'));
  return {
    key,
    timeline: { ...timeline, limit: Math.min(timeline.limit ?? defaultTimelineLimit, maxTimelineLimit) },
    state: eventFilter(objectAt(room, 'state')),
    ephemeral: eventFilter(objectAt(room, 'ephemeral')),
    roomAccountData: eventFilter(objectAt(room, 'account_data')),
    accountData: eventFilter(objectAt(filter, 'account_data')),
    includeLeave: ownValue(room, 'include_leave') === true,
    federationFormat: ownValue(filter, 'event_format') === 'federation',
    wantsRoom: (roomId) => !(notRooms?.has(roomId) ?? false) && (rooms?.has(roomId) ?? true),
  };
}

function eventFilter(filter: JsonObject): EventFilter {
  const types = typePatterns(filter, 'types');
  const notTypes = typePatterns(filter, 'not_types');
  const senders = stringSet(filter, 'senders');
  const notSenders = stringSet(filter, 'not_senders');
  const rooms = stringSet(filter, 'rooms');
  const notRooms = stringSet(filter, 'not_rooms');
  const containsUrl = ownValue(filter, 'contains_url');
  const limit = ownValue(filter, 'limit');
  const passesAll =
    [types, notTypes, senders, notSenders, rooms, notRooms].every((list) => list === undefined) &&
    typeof containsUrl !== 'boolean';
  return {
    limit: isJsonInteger(limit) ? Number(limit) : undefined,
    lazyLoadMembers: ownValue(filter, 'lazy_load_members') === true,
    includeRedundantMembers: ownValue(filter, 'include_redundant_members') === true,
    passesAll,
    matches: (event) =>
      passesAll ||
      (!(notTypes?.some((matches) => matches(event.type)) ?? false) &&
        (types?.some((matches) => matches(event.type)) ?? true) &&
        !(notSenders?.has(event.sender) ?? false) &&
        (senders?.has(event.sender) ?? true) &&
        (event.roomId === undefined || !(notRooms?.has(event.roomId) ?? false)) &&
        (event.roomId === undefined || (rooms?.has(event.roomId) ?? true)) &&
        (typeof containsUrl !== 'boolean' || containsUrl === event.hasUrl)),
  };
}

type TypePattern = (type: string) => boolean;

function typePatterns(filter: JsonObject, key: string): TypePattern[] | undefined {
  const list = ownValue(filter, key);
  if (!Array.isArray(list)) return undefined;
  return list.filter((item) => typeof item === 'string').map(typePattern);
}

/** `*` stands for any characters. The pieces between are looked for one after another: linear, whatever a client writes. */
function typePattern(pattern: string): TypePattern {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return (type) => type === pattern;
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (type) => {
    if (type.length < first.length + last.length || !type.startsWith(first) || !type.endsWith(last)) return false;
    let at = first.length;
    for (const piece of middle) {
      const found = type.indexOf(piece, at);
      if (found < 0 || found + piece.length > type.length - last.length) return false;
      at = found + piece.length;
    }
    return true;
  };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = ownValue(object, key);
  return isJsonObject(value) ? value : {};
}

function stringSet(filter: JsonObject, key: string): Set<string> | undefined {
  const list = ownValue(filter, key);
  return Array.isArray(list) ? new Set(list.filter((item) => typeof item === 'string')) : undefined;
}

function problemOf(filter: JsonObject): FilterProblem | undefined {
  const room = ownValue(filter, 'room');
  if (room !== undefined && !isJsonObject(room)) return { key: 'room', problem: 'must be an object' };
  const format = ownValue(filter, 'event_format');
  if (format !== undefined && format !== 'client' && format !== 'federation')
    return { key: 'event_format', problem: 'must be client or federation' };
  return (
    listProblem('event_fields', ownValue(filter, 'event_fields')) ??
    eventFilterProblem('presence', ownValue(filter, 'presence')) ??
    eventFilterProblem('account_data', ownValue(filter, 'account_data')) ??
    roomProblem(room)
  );
}

function roomProblem(room: JsonObject | undefined): FilterProblem | undefined {
  if (room === undefined) return undefined;
  for (const key of ['timeline', 'state', 'ephemeral', 'account_data']) {
    const problem = eventFilterProblem(`room.${key}`, ownValue(room, key));
    if (problem !== undefined) return problem;
  }
  return (
    listProblem('room.rooms', ownValue(room, 'rooms')) ??
    listProblem('room.not_rooms', ownValue(room, 'not_rooms')) ??
    booleanProblem('room.include_leave', ownValue(room, 'include_leave'))
  );
}

function eventFilterProblem(name: string, filter: JsonValue | undefined): FilterProblem | undefined {
  if (filter === undefined) return undefined;
  if (!isJsonObject(filter)) return { key: name, problem: 'must be an object' };
  const limit = ownValue(filter, 'limit');
  // 0 is not in the specification, but clients send it for "nothing".
  if (limit !== undefined && (!isJsonInteger(limit) || Number(limit) < 0))
    return { key: `${name}.limit`, problem: 'must be a positive integer' };
  for (const key of ['types', 'not_types', 'senders', 'not_senders', 'rooms', 'not_rooms']) {
    const problem = listProblem(`${name}.${key}`, ownValue(filter, key));
    if (problem !== undefined) return problem;
  }
  for (const key of ['lazy_load_members', 'include_redundant_members', 'contains_url', 'unread_thread_notifications']) {
    const problem = booleanProblem(`${name}.${key}`, ownValue(filter, key));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function listProblem(name: string, list: JsonValue | undefined): FilterProblem | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'string'))
    return { key: name, problem: 'must be a list of strings' };
  return list.length > maxListEntries ? { key: name, problem: `has more than ${maxListEntries} entries` } : undefined;
}

function booleanProblem(name: string, value: JsonValue | undefined): FilterProblem | undefined {
  return value === undefined || typeof value === 'boolean' ? undefined : { key: name, problem: 'must be true or false' };
}
