import type { EventId, RoomId, ServerName } from '@plexus/matrix';

/** Events as another server sent them: JSON whose numbers have kept their text. Nothing about them has been checked. */
export type UncheckedEvents = readonly string[];

/** The room on the server that is asked. */
export interface RemoteRoom {
  readonly server: ServerName;
  readonly roomId: RoomId;
  /** The largest answer to be taken. */
  readonly maxBytes: number;
}

/**
 * What other servers can tell of a room. An answer that cannot be had (the server is away, refuses, or sends something else) is undefined: the
 * reason changes nothing for those who ask.
 */
export interface RemoteEvents {
  /** Events before `latest`, back to `earliest`: POST /get_missing_events. */
  getMissingEvents(
    room: RemoteRoom,
    of: { readonly earliest: readonly EventId[]; readonly latest: readonly EventId[]; readonly limit: number },
  ): Promise<UncheckedEvents | undefined>;
  /** The auth chain of an event: GET /event_auth. */
  getEventAuth(room: RemoteRoom, eventId: EventId): Promise<UncheckedEvents | undefined>;
  /** The state before an event and its auth chain: GET /state_ids. */
  getStateIds(
    room: RemoteRoom,
    eventId: EventId,
  ): Promise<{ readonly state: readonly EventId[]; readonly authChain: readonly EventId[] } | undefined>;
  /** Single events; those that are not given are left out: GET /event. */
  getEvents(room: RemoteRoom, eventIds: readonly EventId[]): Promise<UncheckedEvents | undefined>;
  /** Events before these, and these: GET /backfill. */
  backfill(
    room: RemoteRoom,
    of: { readonly from: readonly EventId[]; readonly limit: number },
  ): Promise<UncheckedEvents | undefined>;
}

/** A key by which a server signs or has signed; times in milliseconds. */
export interface ServerKey {
  readonly serverName: string;
  readonly keyId: string;
  /** Base64. */
  readonly publicKey: string;
  readonly validUntilTs: number;
  readonly expiredTs: number | undefined;
}

export interface ServerKeyQuery {
  readonly serverName: ServerName;
  readonly keyIds: readonly string[];
  /** The keys must have been valid then. */
  readonly validAt: number;
  /** A signature by the known key was wrong: the server is asked again, unless that was done within the last hour. */
  readonly refresh?: boolean;
}

export interface ServerKeys {
  /** Those that can be had. */
  getServerKeys(queries: readonly ServerKeyQuery[]): Promise<readonly ServerKey[]>;
}

/** A network in which nobody answers. */
export const noOtherServers: RemoteEvents & ServerKeys = {
  getMissingEvents: async () => undefined,
  getEventAuth: async () => undefined,
  getStateIds: async () => undefined,
  getEvents: async () => undefined,
  backfill: async () => undefined,
  getServerKeys: async () => [],
};
