import type { EventId, SigningKey } from '@plexus/matrix';
import type { RemoteRoom as Asked, RemoteEvents, ServerKey, ServerKeys } from '../input-events/remote-events.ts';
import { keyOfServer, type RemoteRoom } from './remote-room.ts';

/** What a test says that a server answers instead of the truth. */
export type Lies = Partial<RemoteEvents>;

/** Far in the future, for keys that nobody doubts. */
const VALID_UNTIL = Date.UTC(2100, 0, 1);

/** The other servers of a test: they hold rooms and answer truthfully, unless the test has them lie or hold things back. */
export class RemoteServers implements RemoteEvents, ServerKeys {
  readonly rooms = new Map<string, RemoteRoom>();
  /** Every question, as `method argument argument`. */
  readonly asked: string[] = [];
  /** Ids of events that were handed out, as often as they were. */
  readonly given: EventId[] = [];
  /** Servers that were asked for events or state, as often as they were. */
  readonly askedServers: string[] = [];
  /** Servers that answer no question about rooms. */
  readonly silent = new Set<string>();
  /** Events that nobody gives. */
  readonly withheld = new Set<EventId>();
  lies: Lies = {};
  /** Keys beside those of keyOfServer, or instead of them when they have their id. */
  keys: ServerKey[] = [];
  unreachable = new Set<string>();
  /** Keys that these servers have published since their keys were last fetched: a question that refreshes finds them. */
  readonly published = new Map<string, SigningKey>();

  hold(room: RemoteRoom): RemoteRoom {
    this.rooms.set(room.roomId, room);
    return room;
  }

  getMissingEvents: RemoteEvents['getMissingEvents'] = async (room, of) => {
    this.asked.push(`getMissingEvents ${of.latest.join(' ')}`);
    if (this.lies.getMissingEvents !== undefined) return this.lies.getMissingEvents(room, of);
    const held = this.#held(room);
    if (held === undefined) return undefined;
    const earliest = new Set(of.earliest);
    const found = new Set<EventId>();
    let level: readonly EventId[] = of.latest;
    while (level.length > 0 && found.size < of.limit) {
      const next = level.flatMap((eventId) => held.get(eventId).pdu.prevEvents);
      level = next.filter((eventId) => !earliest.has(eventId) && !found.has(eventId) && !this.withheld.has(eventId));
      for (const eventId of level) if (found.size < of.limit) found.add(eventId);
    }
    return this.#give(held, [...found]);
  };

  getEventAuth: RemoteEvents['getEventAuth'] = async (room, eventId) => {
    this.asked.push(`getEventAuth ${eventId}`);
    if (this.lies.getEventAuth !== undefined) return this.lies.getEventAuth(room, eventId);
    const held = this.#held(room);
    return held && this.#give(held, held.authChain([eventId]));
  };

  getStateIds: RemoteEvents['getStateIds'] = async (room, eventId) => {
    this.asked.push(`getStateIds ${eventId}`);
    if (this.lies.getStateIds !== undefined) return this.lies.getStateIds(room, eventId);
    const held = this.#held(room);
    const state = held?.stateIds(eventId) ?? [];
    return held && { state, authChain: held.authChain(state) };
  };

  getEvents: RemoteEvents['getEvents'] = async (room, eventIds) => {
    this.asked.push(`getEvents ${eventIds.join(' ')}`);
    if (this.lies.getEvents !== undefined) return this.lies.getEvents(room, eventIds);
    const held = this.#held(room);
    return (
      held &&
      this.#give(
        held,
        eventIds.filter((eventId) => held.events.has(eventId)),
      )
    );
  };

  backfill: RemoteEvents['backfill'] = async (room, of) => {
    this.asked.push(`backfill ${of.from.join(' ')}`);
    if (this.lies.backfill !== undefined) return this.lies.backfill(room, of);
    const held = this.#held(room);
    if (held === undefined) return undefined;
    const found = new Set(of.from);
    for (const eventId of found)
      for (const each of held.get(eventId).pdu.prevEvents) if (found.size < of.limit) found.add(each);
    return this.#give(held, [...found]);
  };

  getServerKeys: ServerKeys['getServerKeys'] = async (queries) => {
    this.asked.push(`getServerKeys ${queries.map(({ serverName }) => serverName).join(' ')}`);
    return queries.flatMap(({ serverName, keyIds, validAt, refresh }) => {
      if (this.unreachable.has(serverName)) return [];
      const fresh = refresh === true ? this.published.get(serverName) : undefined;
      if (fresh !== undefined)
        return [{ serverName, ...fresh, validUntilTs: VALID_UNTIL, expiredTs: undefined }].filter(({ keyId }) =>
          keyIds.includes(keyId),
        );
      const { keyId, publicKey } = keyOfServer(serverName);
      const own: ServerKey = { serverName, keyId, publicKey, validUntilTs: VALID_UNTIL, expiredTs: undefined };
      const named = this.keys.filter((key) => key.serverName === serverName);
      const all = [...named, ...(named.some((key) => key.keyId === keyId) ? [] : [own])];
      return all.filter((key) => keyIds.includes(key.keyId) && validAt <= (key.expiredTs ?? key.validUntilTs));
    });
  };

  /** How often a question was asked. */
  times(method: string): number {
    return this.asked.filter((question) => question.startsWith(`${method} `)).length;
  }

  /** The room as the server that is asked has it. */
  #held({ server, roomId }: Asked): RemoteRoom | undefined {
    this.askedServers.push(server);
    return this.silent.has(server) ? undefined : this.rooms.get(roomId);
  }

  #give(room: RemoteRoom, eventIds: readonly EventId[]): string[] {
    const given = eventIds.filter((eventId) => !this.withheld.has(eventId));
    this.given.push(...given);
    return room.json(...given);
  }
}
