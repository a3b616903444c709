import {
  DUMMY_EVENT_TYPE,
  type EventStyle,
  isOpenRoomEventFilter,
  type JsonObject,
  parseFilter,
  passesEventFilter,
  passesRoomEventFilter,
  passesRoomFilter,
  type RoomEventFilter,
  parseRoomEventFilter as readRoomEventFilter,
} from '@plexus/matrix';

/** What a filter asks of an event. */
export interface FilteredEvent {
  readonly type: string;
  readonly sender: string | undefined;
  readonly roomId: string;
  readonly hasUrl: boolean;
}

/** A filter of events of rooms, ready to be asked. What servers alone have a use for passes none. */
export interface EventFilter {
  readonly limit: number | undefined;
  readonly lazyLoadMembers: boolean;
  readonly includeRedundantMembers: boolean;
  /** True when every event that clients are shown passes. */
  readonly passesAll: boolean;
  matches(event: FilteredEvent): boolean;
}

/** A filter of /sync, ready to be asked. Client-server API, "Filtering". */
export interface SyncFilter {
  /** Equal filters have equal keys, so what is built for one receiver serves all who ask alike. */
  readonly key: string;
  readonly timeline: EventFilter & { readonly limit: number };
  readonly state: EventFilter;
  readonly ephemeral: EventFilter;
  readonly roomAccountData: EventFilter;
  readonly includeLeave: boolean;
  /** How the events of rooms are written. */
  readonly eventStyle: EventStyle;
  wantsAccountData(type: string): boolean;
  /** Whether `wantsRoom` is true of every room. */
  readonly wantsAllRooms: boolean;
  wantsRoom(roomId: string): boolean;
}

export type CompiledFilter<Filter> =
  | { readonly ok: true; readonly filter: Filter }
  /** The key whose value is not what the specification allows. */
  | { readonly ok: false; readonly key: string };

const defaultTimelineLimit = 10;
const maxTimelineLimit = 1000;

/** Reads the filter of a sync; `key` is its canonical text. */
export function compileSyncFilter(value: JsonObject, key: string): CompiledFilter<SyncFilter> {
  const parsed = parseFilter(value);
  if (!parsed.ok) return { ok: false, key: parsed.error.key };
  const filter = parsed.value;
  const timeline = compiled(filter.room.timeline);
  return {
    ok: true,
    filter: {
      key,
      timeline: { ...timeline, limit: Math.min(timeline.limit ?? defaultTimelineLimit, maxTimelineLimit) },
      state: compiled(filter.room.state),
      ephemeral: compiled(filter.room.ephemeral),
      roomAccountData: compiled(filter.room.accountData),
      includeLeave: filter.room.includeLeave,
      eventStyle: { withRoomId: false, format: filter.eventFormat, fields: filter.eventFields },
      wantsAccountData: (type) => passesEventFilter(filter.accountData, { type, sender: undefined }),
      wantsAllRooms: filter.room.rooms === undefined && filter.room.notRooms === undefined,
      wantsRoom: (roomId) => passesRoomFilter(filter, roomId),
    },
  };
}

/** Reads the filter of /messages and /context. */
export function compileRoomEventFilter(value: JsonObject): CompiledFilter<EventFilter> {
  const parsed = readRoomEventFilter(value);
  return parsed.ok ? { ok: true, filter: compiled(parsed.value) } : { ok: false, key: parsed.error.key };
}

function compiled(filter: RoomEventFilter): EventFilter {
  const { limit, lazyLoadMembers, includeRedundantMembers } = filter;
  const passesAll = isOpenRoomEventFilter(filter);
  return {
    limit,
    lazyLoadMembers,
    includeRedundantMembers,
    passesAll,
    matches: (event) => event.type !== DUMMY_EVENT_TYPE && (passesAll || passesRoomEventFilter(filter, event)),
  };
}
