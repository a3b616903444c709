import type { RoomState, RoomStateQuery } from '@plexus/contracts/roomserver';
import type { EventRedacted } from '@plexus/contracts/streams/room-log';
import { LRUCache } from 'lru-cache';
import { TimelineEvent } from '../domain/timeline-event.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { OtherServices } from './other-services.ts';

/** Positions asked of roomserver in one call. */
const maxPositionsPerCall = 1000;
const rememberedRedactions = 2000;

/** The place of an event: its room is known from the index. */
export interface EventPlace {
  readonly roomId: string;
  readonly position: number;
}

/** Events by their place in the room log: from memory, from a cache bounded in bytes, or from roomserver. */
export class EventStore {
  readonly #roomserver: OtherServices['roomserver'];
  readonly #memory: MemoryIndex;
  /** Not the house's cache: what leaves it must leave the map of ids too, or a redaction would miss it. */
  readonly #byPosition: LRUCache<number, TimelineEvent>;
  readonly #positionById = new Map<string, number>();
  /**
   * By the id of a state event the positions of those that replaced it: a redaction changes their
   * `prev_content`.
   */
  readonly #replacingPositions = new Map<string, Set<number>>();
  /** An answer of roomserver that was under way when its event was redacted is made good with these. */
  readonly #redactions = new LRUCache<string, EventRedacted>({ max: rememberedRedactions });

  constructor(roomserver: OtherServices['roomserver'], memory: MemoryIndex, maxBytes: number) {
    this.#roomserver = roomserver;
    this.#memory = memory;
    this.#byPosition = new LRUCache<number, TimelineEvent>({
      maxSize: maxBytes,
      sizeCalculation: (event) => event.bytes,
      dispose: (event) => this.#forgotten(event),
    });
  }

  get bytes(): number {
    return this.#byPosition.calculatedSize;
  }

  get size(): number {
    return this.#byPosition.size;
  }

  /** The events at these places, by position; those that roomserver does not have (any more) are left out. */
  async load(places: readonly EventPlace[]): Promise<Map<number, TimelineEvent>> {
    const found = new Map<number, TimelineEvent>();
    const missing: number[] = [];
    for (const { roomId, position } of places) {
      const event = this.#byPosition.get(position) ?? this.#inMemory(roomId, position);
      if (event === undefined) missing.push(position);
      else found.set(position, event);
    }
    const calls: Promise<readonly TimelineEvent[]>[] = [];
    for (let start = 0; start < missing.length; start += maxPositionsPerCall) {
      calls.push(this.#fetch({ positions: missing.slice(start, start + maxPositionsPerCall), eventIds: [] }));
    }
    for (const event of (await Promise.all(calls)).flat()) found.set(event.position, event);
    return found;
  }

  /** Events by id, of whatever room; unknown ones are left out. */
  async byId(eventIds: readonly string[]): Promise<Map<string, TimelineEvent>> {
    const found = new Map<string, TimelineEvent>();
    const missing: string[] = [];
    for (const eventId of eventIds) {
      const position = this.#positionById.get(eventId);
      const event = position === undefined ? undefined : this.#byPosition.get(position);
      if (event === undefined) missing.push(eventId);
      else found.set(eventId, event);
    }
    if (missing.length === 0) return found;
    for (const event of await this.#fetch({ positions: [], eventIds: missing })) found.set(event.eventId, event);
    return found;
  }

  /** State of rooms, in one call; by index of the query. */
  async state(queries: RoomStateQuery[]): Promise<readonly RoomState[]> {
    if (queries.length === 0) return [];
    const { rooms } = await this.#roomserver.queryState({ queries });
    return rooms;
  }

  redacted(redaction: EventRedacted): void {
    this.#redactions.set(redaction.eventId, redaction);
    const position = this.#positionById.get(redaction.eventId);
    if (position !== undefined) this.#byPosition.delete(position);
    for (const replacing of [...(this.#replacingPositions.get(redaction.eventId) ?? [])])
      this.#byPosition.delete(replacing);
  }

  /** Events of the room up to this position are purged, or all of it is deleted. */
  gone(roomId: string, upTo: number): void {
    for (const [position, event] of this.#byPosition.entries())
      if (event.roomId === roomId && position <= upTo) this.#byPosition.delete(position);
  }

  async #fetch(request: { positions: number[]; eventIds: string[] }): Promise<readonly TimelineEvent[]> {
    const { events } = await this.#roomserver.getEvents(request);
    return events.map((stored) => {
      const event = this.#withRedactions(TimelineEvent.fromStored(stored));
      if (stored.position === undefined) return event;
      this.#remember(event);
      return event;
    });
  }

  #remember(event: TimelineEvent): void {
    const { eventId, position, replacesState } = event;
    this.#byPosition.set(position, event);
    this.#positionById.set(eventId, position);
    if (replacesState === undefined) return;
    const replacing = this.#replacingPositions.get(replacesState);
    if (replacing === undefined) this.#replacingPositions.set(replacesState, new Set([position]));
    else replacing.add(position);
  }

  #withRedactions(event: TimelineEvent): TimelineEvent {
    const own = event.isRedacted ? undefined : this.#redactions.get(event.eventId);
    const ofReplaced = event.replacesState === undefined ? undefined : this.#redactions.get(event.replacesState);
    const redacted = own === undefined ? event : event.redacted(own, undefined);
    return ofReplaced === undefined ? redacted : redacted.redacted(ofReplaced, undefined);
  }

  #forgotten({ eventId, replacesState, position }: TimelineEvent): void {
    this.#positionById.delete(eventId);
    const replacing = replacesState === undefined ? undefined : this.#replacingPositions.get(replacesState);
    replacing?.delete(position);
    if (replacesState !== undefined && replacing?.size === 0) this.#replacingPositions.delete(replacesState);
  }

  #inMemory(roomId: string, position: number): TimelineEvent | undefined {
    return this.#memory.knownRoom(roomId)?.events.find((event) => event.position === position);
  }
}
