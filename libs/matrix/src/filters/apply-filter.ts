import type { EventFilter, Filter, RoomEventFilter } from './filter.ts';

/** What filters look at. */
export type FilteredEvent = {
  readonly type: string;
  /** Undefined for events without one, such as typing and account data. */
  readonly sender: string | undefined;
};

/** And of events of rooms. */
export type FilteredRoomEvent = FilteredEvent & {
  readonly roomId: string;
  /** Whether the content has a `url`. */
  readonly hasUrl: boolean;
};

/** Whether the filter lets the event through; `limit` is for the caller. */
export function passesEventFilter(filter: EventFilter, { type, sender }: FilteredEvent): boolean {
  if (filter.notTypes?.matches(type) || filter.types?.matches(type) === false) return false;
  if (sender === undefined) return filter.senders === undefined;
  return !filter.notSenders?.has(sender) && filter.senders?.has(sender) !== false;
}

/** Whether the filter lets the event of a room through. */
export function passesRoomEventFilter(filter: RoomEventFilter, event: FilteredRoomEvent): boolean {
  if (filter.containsUrl !== undefined && filter.containsUrl !== event.hasUrl) return false;
  return passesRooms(filter, event.roomId) && passesEventFilter(filter, event);
}

/** Whether a room is to be in the answer to /sync at all. */
export function passesRoomFilter({ room }: Filter, roomId: string): boolean {
  return passesRooms(room, roomId);
}

/** Whether every event passes: the answer is then the same for all whose filters are so. */
export function isOpenRoomEventFilter(filter: RoomEventFilter): boolean {
  const { types, notTypes, senders, notSenders, rooms, notRooms, containsUrl } = filter;
  return [types, notTypes, senders, notSenders, rooms, notRooms, containsUrl].every((part) => part === undefined);
}

type Rooms = { readonly rooms: ReadonlySet<string> | undefined; readonly notRooms: ReadonlySet<string> | undefined };

function passesRooms({ rooms, notRooms }: Rooms, roomId: string): boolean {
  return !notRooms?.has(roomId) && rooms?.has(roomId) !== false;
}
