import type { EventId, Pdu, RoomId, RoomVersionRules } from '@plexus/matrix';
import type { GatedEvent, InputEvent, Placement } from './input-event.ts';
import { inInputOrder } from './input-order.ts';
import { type KnownEvents, OUTLIER } from './known-events.ts';
import type { RemoteAsker } from './remote-asker.ts';

/** Rounds of asking for prev events, and of asking for auth events, before what is missing stays so. */
const MAX_PREV_ROUNDS = 10;
const MAX_AUTH_ROUNDS = 8;
/** Events whose state is asked for, and events whose auth chain is, before single events are. */
const MAX_GAPS = 10;
const MAX_AUTH_CHAINS = 5;

export interface GatherOptions {
  readonly roomId: RoomId;
  readonly rules: RoomVersionRules;
  readonly given: readonly GatedEvent[];
  /** Events that came with them to be cited only. */
  readonly cited: readonly GatedEvent[];
  /** The state before an event, where it came along. */
  readonly givenState: ReadonlyMap<EventId, readonly EventId[]>;
  readonly isHistory: boolean;
  /** Forward extremities of the room. */
  readonly extremities: readonly EventId[];
  readonly known: KnownEvents;
  readonly asker: RemoteAsker;
}

/**
 * Brings together what events refer to: their prev events, else the state before them, and all auth events. One look-up and at most one fetch
 * for each event, whichever of the events refer to it. In the end each comes after all that it refers to; those of which something
 * is not to be had are among them, and are found out where they are judged.
 */
export async function gather(options: GatherOptions): Promise<InputEvent[]> {
  const gathering = new Gathering(options);
  // What lies before a piece of history is asked for when somebody wants to see it.
  if (!options.isHistory) await gathering.addPrevEvents();
  await gathering.addStates();
  await gathering.addAuthEvents();
  return gathering.inOrder();
}

class Gathering {
  readonly #options: GatherOptions;
  /** Events that are to get a place in the graph. */
  readonly #events: Map<EventId, GatedEvent>;
  readonly #outliers: Map<EventId, GatedEvent>;
  readonly #states: Map<EventId, readonly EventId[]>;

  constructor(options: GatherOptions) {
    this.#options = options;
    this.#events = byId(options.given);
    this.#outliers = byId(options.cited);
    this.#states = new Map(options.givenState);
  }

  async addPrevEvents(): Promise<void> {
    const { known } = this.#options;
    await known.load([...this.#events.values()].flatMap(({ pdu }) => [pdu.eventId, ...pdu.prevEvents]));
    for (let round = 0; round < MAX_PREV_ROUNDS; round++) {
      const open = this.#withoutPrevEvents();
      if (open.length === 0 || !(await this.#addMissingBefore(open))) return;
    }
  }

  async addStates(): Promise<void> {
    const { asker, known } = this.#options;
    await known.load([...this.#events.values()].flatMap(({ pdu }) => [pdu.eventId, ...pdu.prevEvents]));
    for (const { eventId } of this.#withoutPrevEvents().slice(0, MAX_GAPS)) {
      const answer = await asker.stateIds(eventId);
      if (answer === undefined) continue;
      const ids = [...answer.state, ...answer.authChain];
      await known.load(ids);
      const missing = [...new Set(ids)].filter((id) => !this.#isAtHand(id));
      for (const [id, event] of await asker.events(missing)) this.#outliers.set(id, event);
      this.#states.set(eventId, answer.state);
    }
  }

  async addAuthEvents(): Promise<void> {
    const { asker, known } = this.#options;
    let chains = 0;
    for (let round = 0; round < MAX_AUTH_ROUNDS; round++) {
      const all = [...this.#events.values(), ...this.#outliers.values()];
      await known.load(all.flatMap(({ pdu }) => pdu.authEvents));
      const missing = new Set(all.flatMap(({ pdu }) => pdu.authEvents).filter((id) => !this.#isAtHand(id)));
      const [citing] = all.filter(({ pdu }) => pdu.authEvents.some((id) => missing.has(id)));
      if (citing === undefined) return;
      const answer =
        chains++ < MAX_AUTH_CHAINS && round === 0
          ? await asker.eventAuth(citing.pdu.eventId)
          : await asker.events([...missing]);
      if (!this.#addCited(missing, answer) && round > 0) return;
    }
  }

  inOrder(): InputEvent[] {
    const { known, isHistory } = this.#options;
    const inputs = new Map<EventId, InputEvent>();
    for (const [eventId, event] of this.#outliers)
      inputs.set(eventId, { event, placement: { kind: 'outlier' }, isHistory });
    for (const [eventId, event] of this.#events)
      inputs.set(eventId, { event, placement: this.#placement(event.pdu), isHistory });
    return inInputOrder(
      [...inputs.values()].filter(({ event: { pdu }, placement }) => {
        return placement.kind !== 'outlier' || known.get(pdu.eventId) === undefined;
      }),
    );
  }

  #placement(pdu: Pdu): Placement {
    const state = this.#states.get(pdu.eventId);
    return state === undefined || this.#hasPrevEvents(pdu)
      ? { kind: 'after_prev_events' }
      : { kind: 'after_gap', state };
  }

  /** Whether one of the servers gave something of what lies before the open events. */
  async #addMissingBefore(open: readonly Pdu[]): Promise<boolean> {
    const { asker, extremities } = this.#options;
    const latest = open.map(({ eventId }) => eventId);
    for await (const answer of asker.missingEvents(extremities, latest))
      if (await this.#addReached(open, answer)) return true;
    return false;
  }

  /** Takes of an answer what the open events lead to: nobody asked for the rest. */
  async #addReached(open: readonly Pdu[], answer: ReadonlyMap<EventId, GatedEvent>): Promise<boolean> {
    const { known } = this.#options;
    const before = this.#events.size;
    for (let level = open; level.length > 0; ) {
      const missing = new Set(level.flatMap((pdu) => this.#missingPrevEvents(pdu)));
      const found = [...missing].flatMap((eventId) => answer.get(eventId) ?? []);
      for (const event of found) this.#events.set(event.pdu.eventId, event);
      await known.load(found.flatMap(({ pdu }) => [pdu.eventId, ...pdu.prevEvents]));
      level = found.map(({ pdu }) => pdu);
    }
    return this.#events.size > before;
  }

  /** The same of an auth chain. */
  #addCited(missing: ReadonlySet<EventId>, answer: ReadonlyMap<EventId, GatedEvent>): boolean {
    const before = this.#outliers.size;
    const wanted = [...missing];
    for (let eventId = wanted.pop(); eventId !== undefined; eventId = wanted.pop()) {
      const event = answer.get(eventId);
      if (event === undefined || this.#isAtHand(eventId)) continue;
      this.#outliers.set(eventId, event);
      wanted.push(...event.pdu.authEvents);
    }
    return this.#outliers.size > before;
  }

  #withoutPrevEvents(): Pdu[] {
    const { known } = this.#options;
    return [...this.#events.values()]
      .map(({ pdu }) => pdu)
      .filter((pdu) => {
        const hasPlace = (known.get(pdu.eventId)?.snapshot ?? OUTLIER) !== OUTLIER;
        return !hasPlace && !this.#states.has(pdu.eventId) && !this.#hasPrevEvents(pdu);
      });
  }

  #hasPrevEvents(pdu: Pdu): boolean {
    return this.#missingPrevEvents(pdu).length === 0;
  }

  #missingPrevEvents({ prevEvents }: Pdu): EventId[] {
    const { known } = this.#options;
    return prevEvents.filter(
      (eventId) => !this.#events.has(eventId) && (known.get(eventId)?.snapshot ?? OUTLIER) === OUTLIER,
    );
  }

  #isAtHand(eventId: EventId): boolean {
    return this.#events.has(eventId) || this.#outliers.has(eventId) || this.#options.known.get(eventId) !== undefined;
  }
}

function byId(events: readonly GatedEvent[]): Map<EventId, GatedEvent> {
  return new Map(events.map((event) => [event.pdu.eventId, event]));
}
