import { authEventKeys } from '../src/auth-rules/auth-events.ts';
import { authorise } from '../src/auth-rules/authorise.ts';
import type { JsonObject } from '../src/canonical-json/json-value.ts';
import type { KnownEvent, Pdu } from '../src/events/pdu.ts';
import { stateMapKey } from '../src/events/state-map-key.ts';
import type { EventId } from '../src/identifiers/event-id.ts';
import { rulesOf } from '../src/room-versions/room-versions.ts';
import type { RoomVersion, RoomVersionRules } from '../src/room-versions/rules.ts';
import { resolveWholeStates } from '../src/state-resolution/resolve.ts';
import type { StateEntry } from '../src/state-resolution/state.ts';
import { eventId, roomId, userId } from './event-fixtures.ts';

/** For tests: an event to be sent on top of others. */
export type Sketch = {
  readonly sender: string;
  readonly type: string;
  readonly stateKey?: string;
  readonly content?: JsonObject;
  readonly after: readonly EventId[];
  readonly ts?: number;
  readonly name?: string;
  /** The state to be judged by and to cite, when it is not the one before the event. */
  readonly authEvents?: readonly EventId[];
};

/** For tests: a room of which every state is known, built the way a server would build it. */
export class TestRoom {
  readonly rules: RoomVersionRules;
  readonly events = new Map<EventId, KnownEvent>();
  readonly create: EventId;
  readonly #roomId;
  readonly #stateAfter = new Map<EventId, readonly StateEntry[]>();

  constructor(version: RoomVersion, creator: string, content: JsonObject = {}) {
    this.rules = rulesOf(version);
    this.create = eventId(`$${'C'.repeat(43)}`);
    this.#roomId = roomId(version === '12' ? `!${'C'.repeat(43)}` : `!room:${creator.slice(creator.indexOf(':') + 1)}`);
    const full = this.rules.creator === 'content' ? { creator, ...content } : content;
    this.#store(
      { sender: creator, type: 'm.room.create', stateKey: '', content: full, after: [] },
      this.create,
      [],
      false,
    );
  }

  /** Sends an event; it is kept as rejected when the state before it, or what it cites, forbids it. */
  send(sketch: Sketch): EventId {
    const id = eventId(`$${sketch.name ?? String(this.events.size).padStart(4, '0')}`);
    const before = this.stateBefore(sketch.after);
    const draft = this.#pdu(sketch, id, []);
    const find = (type: string, stateKey: string) =>
      before.find((entry) => entry.type === type && entry.stateKey === stateKey);
    const cited =
      sketch.authEvents ??
      authEventKeys(draft, this.rules).flatMap(([type, stateKey]) => find(type, stateKey)?.eventId ?? []);
    const create = this.events.get(this.create)?.pdu;
    const citedState = cited.flatMap((each) => this.events.get(each)?.pdu ?? []);
    const byState = (type: string, stateKey: string) => this.#pduOf(find(type, stateKey)?.eventId);
    const byCited = (type: string, stateKey: string) =>
      type === 'm.room.create' ? create : citedState.find((pdu) => pdu.type === type && pdu.stateKey === stateKey);
    const allowed = authorise(draft, byState, this.rules).allowed && authorise(draft, byCited, this.rules).allowed;
    this.#store(sketch, id, cited, !allowed);
    return id;
  }

  /** The state before an event that comes after these. */
  stateBefore(after: readonly EventId[]): readonly StateEntry[] {
    const states = after.map((each) => this.stateAfter(each));
    return states.length === 1 ? (states[0] ?? []) : this.resolve(states);
  }

  stateAfter(id: EventId): readonly StateEntry[] {
    return this.#stateAfter.get(id) ?? [];
  }

  resolve(states: readonly (readonly StateEntry[])[]): StateEntry[] {
    return resolveWholeStates({ rules: this.rules, roomId: this.#roomId, states, event: (id) => this.events.get(id) });
  }

  get roomId() {
    return this.#roomId;
  }

  #store(sketch: Sketch, id: EventId, authEvents: readonly EventId[], rejected: boolean): void {
    const pdu = this.#pdu(sketch, id, authEvents);
    const before = this.stateBefore(sketch.after);
    const { type, stateKey } = pdu;
    const isState = stateKey !== undefined && !rejected;
    const others = before.filter((entry) => entry.type !== type || entry.stateKey !== stateKey);
    this.events.set(id, { pdu, rejected });
    this.#stateAfter.set(id, isState ? [...others, { type, stateKey, eventId: id }] : before);
  }

  #pdu(sketch: Sketch, id: EventId, authEvents: readonly EventId[]): Pdu {
    const depths = sketch.after.map((each) => this.events.get(each)?.pdu.depth ?? 0);
    return {
      eventId: id,
      roomId: this.#roomId,
      type: sketch.type,
      stateKey: sketch.stateKey,
      sender: userId(sketch.sender),
      content: sketch.content ?? {},
      prevEvents: sketch.after,
      authEvents,
      depth: Math.max(0, ...depths) + 1,
      originServerTs: sketch.ts ?? this.events.size,
      redacts: undefined,
    };
  }

  #pduOf(id: EventId | undefined): Pdu | undefined {
    return id === undefined ? undefined : this.events.get(id)?.pdu;
  }
}

/** For tests: a state as text, the same whatever its order. */
export function stateText(state: readonly StateEntry[]): string[] {
  return state.map(({ type, stateKey, eventId: id }) => `${stateMapKey(type, stateKey)} ${id}`).sort();
}
