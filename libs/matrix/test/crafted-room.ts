import type { JsonObject } from '../src/canonical-json/json-value.ts';
import type { KnownEvent } from '../src/events/pdu.ts';
import { stateMapKey } from '../src/events/state-map-key.ts';
import type { EventId } from '../src/identifiers/event-id.ts';
import { rulesOf } from '../src/room-versions/room-versions.ts';
import type { RoomVersion } from '../src/room-versions/rules.ts';
import type { StateConflict, StateEntry, StateResolutionInput } from '../src/state-resolution/state.ts';
import { eventId, must, roomId, userId } from './event-fixtures.ts';

const alice = '@alice:one';

/** For tests: a room of any size with conflicts as large as one likes, made without resolving anything. */
export class CraftedRoom {
  readonly events = new Map<EventId, KnownEvent>();
  readonly create: EventId;
  readonly #version: RoomVersion;
  readonly #agreed = new Map<string, EventId>();
  readonly #disputed = new Map<string, { type: string; stateKey: string; eventIds: EventId[] }>();
  readonly #chains = new Set<EventId>();
  readonly #roomId;

  constructor(version: RoomVersion, createContent: JsonObject = {}) {
    this.#version = version;
    const hash = 'C'.repeat(43);
    this.#roomId = roomId(version === '12' ? `!${hash}` : '!room:one');
    this.create = eventId(`$${hash}`);
    const content = version === '11' || version === '12' ? createContent : { creator: alice, ...createContent };
    this.#store(this.create, { sender: alice, type: 'm.room.create', stateKey: '', content, cites: [] });
    this.agree(this.create);
  }

  event(sketch: { sender: string; type: string; stateKey: string; content: JsonObject; cites: EventId[] }): EventId {
    const id = eventId(`$${String(this.events.size).padStart(8, '0')}`);
    const create = this.#version === '12' ? [] : [this.create];
    this.#store(id, { ...sketch, cites: [...create, ...sketch.cites] });
    return id;
  }

  member(user: string, membership: string, cites: EventId[], sender = user): EventId {
    return this.event({ sender, type: 'm.room.member', stateKey: user, content: { membership }, cites });
  }

  levels(content: JsonObject, cites: EventId[], sender = alice): EventId {
    return this.event({ sender, type: 'm.room.power_levels', stateKey: '', content, cites });
  }

  /** The entry an event would be in a state, with the key of its place. */
  placeOf(id: EventId): [string, StateEntry] {
    const { type, stateKey = '' } = must(this.events.get(id)).pdu;
    return [stateMapKey(type, stateKey), { type, stateKey, eventId: id }];
  }

  /** Puts an event into all states. */
  agree(id: EventId): EventId {
    const { type, stateKey = '' } = must(this.events.get(id)).pdu;
    this.#agreed.set(stateMapKey(type, stateKey), id);
    return id;
  }

  /** Puts an event into some states and not into others. */
  dispute(id: EventId): EventId {
    const { type, stateKey = '' } = must(this.events.get(id)).pdu;
    const key = stateMapKey(type, stateKey);
    const conflict = this.#disputed.get(key) ?? { type, stateKey, eventIds: [] };
    conflict.eventIds.push(id);
    this.#disputed.set(key, conflict);
    return id;
  }

  /** Puts an event into the auth chains of some states and not of others. */
  chain(id: EventId): EventId {
    this.#chains.add(id);
    return id;
  }

  input(lookedUp: () => void = () => undefined): StateResolutionInput {
    const conflicts: StateConflict[] = [...this.#disputed.values()];
    return {
      rules: rulesOf(this.#version),
      roomId: this.#roomId,
      conflicts,
      unconflicted: (type, stateKey) => this.#agreed.get(stateMapKey(type, stateKey)),
      authDifference: this.#chains,
      conflictedSubgraph: new Set(),
      event: (id) => {
        lookedUp();
        return this.events.get(id);
      },
    };
  }

  #store(
    id: EventId,
    sketch: { sender: string; type: string; stateKey: string; content: JsonObject; cites: EventId[] },
  ): void {
    const { sender, type, stateKey, content, cites } = sketch;
    const pdu = {
      eventId: id,
      roomId: this.#roomId,
      type,
      stateKey,
      sender: userId(sender),
      content,
      prevEvents: cites.slice(-1),
      authEvents: cites,
      depth: this.events.size,
      originServerTs: 1_700_000_000_000 + ((this.events.size * 7919) % 10_007),
      redacts: undefined,
    };
    this.events.set(id, { pdu, rejected: false });
  }
}
