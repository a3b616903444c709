import {
  isJsonInteger,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from '../canonical-json/json-value.ts';
import { parsePropertyPath } from '../property-path/property-path.ts';
import type { Result } from '../result.ts';
import type { EventFilter, Filter, RoomEventFilter, TypePatterns } from './filter.ts';
import { compileTypePatterns, isAcceptablePatterns } from './type-patterns.ts';

/** A key of the filter whose value is not what the specification allows. */
export type FilterError = { readonly code: 'invalid_filter'; readonly key: string };

/** Longer lists are refused: each takes memory for as long as the filter is in use. */
const MAX_ENTRIES = 1000;

/** Reads a filter as it is uploaded, or given to /sync. Client-Server API, "Filtering". */
export function parseFilter(value: JsonValue): Result<Filter, FilterError> {
  return attempt(() => filterOf(object({ filter: value }, 'filter')));
}

/** Reads a filter as /messages, /context and /search take it. */
export function parseRoomEventFilter(value: JsonValue): Result<RoomEventFilter, FilterError> {
  return attempt(() => roomEventFilterOf(object({ filter: value }, 'filter')));
}

class Refusal extends Error {
  readonly key: string;

  constructor(key: string) {
    super(key);
    this.key = key;
  }
}

function attempt<T>(read: () => T): Result<T, FilterError> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: { code: 'invalid_filter', key: error.key } };
    throw error;
  }
}

function filterOf(filter: JsonObject): Filter {
  const room = object(filter, 'room');
  return {
    eventFields: texts(filter, 'event_fields')?.map(parsePropertyPath),
    eventFormat: formatOf(filter),
    presence: eventFilterOf(object(filter, 'presence')),
    accountData: eventFilterOf(object(filter, 'account_data')),
    room: {
      rooms: ids(room, 'rooms', '!'),
      notRooms: ids(room, 'not_rooms', '!'),
      includeLeave: flag(room, 'include_leave') ?? false,
      ephemeral: roomEventFilterOf(object(room, 'ephemeral')),
      state: roomEventFilterOf(object(room, 'state')),
      timeline: roomEventFilterOf(object(room, 'timeline')),
      accountData: roomEventFilterOf(object(room, 'account_data')),
    },
  };
}

function roomEventFilterOf(filter: JsonObject): RoomEventFilter {
  return {
    ...eventFilterOf(filter),
    rooms: ids(filter, 'rooms', '!'),
    notRooms: ids(filter, 'not_rooms', '!'),
    containsUrl: flag(filter, 'contains_url'),
    lazyLoadMembers: flag(filter, 'lazy_load_members') ?? false,
    includeRedundantMembers: flag(filter, 'include_redundant_members') ?? false,
    unreadThreadNotifications: flag(filter, 'unread_thread_notifications') ?? false,
  };
}

function eventFilterOf(filter: JsonObject): EventFilter {
  return {
    limit: limitOf(filter),
    types: typePatterns(filter, 'types'),
    notTypes: typePatterns(filter, 'not_types'),
    senders: ids(filter, 'senders', '@'),
    notSenders: ids(filter, 'not_senders', '@'),
  };
}

/** Clients ask for no events by a limit of 0, though the specification has them start at 1. */
function limitOf(filter: JsonObject): number | undefined {
  const limit = ownValue(filter, 'limit');
  if (limit === undefined) return undefined;
  if (isJsonInteger(limit) && limit >= 0) return limit;
  throw new Refusal('limit');
}

function formatOf(filter: JsonObject): 'client' | 'federation' {
  const format = ownValue(filter, 'event_format');
  if (format === undefined) return 'client';
  if (format === 'client' || format === 'federation') return format;
  throw new Refusal('event_format');
}

function typePatterns(filter: JsonObject, key: string): TypePatterns | undefined {
  const patterns = texts(filter, key);
  if (patterns === undefined) return undefined;
  if (!isAcceptablePatterns(patterns)) throw new Refusal(key);
  return compileTypePatterns(patterns);
}

function ids(filter: JsonObject, key: string, sigil: string): ReadonlySet<string> | undefined {
  const list = texts(filter, key);
  if (list === undefined) return undefined;
  if (list.every((id) => id.startsWith(sigil))) return new Set(list);
  throw new Refusal(key);
}

function texts(filter: JsonObject, key: string): string[] | undefined {
  const list = ownValue(filter, key);
  if (list === undefined) return undefined;
  if (!Array.isArray(list) || list.length > MAX_ENTRIES) throw new Refusal(key);
  return list.map((text) => {
    if (typeof text === 'string') return text;
    throw new Refusal(key);
  });
}

function flag(filter: JsonObject, key: string): boolean | undefined {
  const value = ownValue(filter, key);
  if (value === undefined || typeof value === 'boolean') return value;
  throw new Refusal(key);
}

function object(parent: JsonObject, key: string): JsonObject {
  const value = ownValue(parent, key);
  if (value === undefined) return {};
  if (isJsonObject(value)) return value;
  throw new Refusal(key);
}
