/** Which events to include. Client-Server API, "Filtering", EventFilter. */
export type EventFilter = {
  /** How many at most; undefined when the client does not say. */
  readonly limit: number | undefined;
  readonly types: TypePatterns | undefined;
  readonly notTypes: TypePatterns | undefined;
  readonly senders: ReadonlySet<string> | undefined;
  readonly notSenders: ReadonlySet<string> | undefined;
};

/** The same for events of rooms, RoomEventFilter. */
export type RoomEventFilter = EventFilter & {
  readonly rooms: ReadonlySet<string> | undefined;
  readonly notRooms: ReadonlySet<string> | undefined;
  readonly containsUrl: boolean | undefined;
  readonly lazyLoadMembers: boolean;
  readonly includeRedundantMembers: boolean;
  readonly unreadThreadNotifications: boolean;
};

/** What a client asks /sync to leave out, Filter. */
export type Filter = {
  /** Paths of the keys to send of each event, as names; undefined for all. */
  readonly eventFields: readonly (readonly string[])[] | undefined;
  readonly eventFormat: 'client' | 'federation';
  readonly presence: EventFilter;
  readonly accountData: EventFilter;
  readonly room: {
    readonly rooms: ReadonlySet<string> | undefined;
    readonly notRooms: ReadonlySet<string> | undefined;
    readonly includeLeave: boolean;
    readonly ephemeral: RoomEventFilter;
    readonly state: RoomEventFilter;
    readonly timeline: RoomEventFilter;
    readonly accountData: RoomEventFilter;
  };
};

/** Event types of which some hold `*`. */
export type TypePatterns = { readonly matches: (type: string) => boolean };
