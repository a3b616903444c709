import { byPlace } from '../place-order.ts';
import type { StateChange, StateDifference, StateEntry, StatePlace } from '../state-store.ts';

/** A room's state as anybody would write it down: what the tree must equal. */
export class MapState {
  readonly #entries: Map<string, StateEntry>;

  constructor(entries: Iterable<StateEntry>) {
    this.#entries = new Map();
    for (const entry of entries) this.#entries.set(nameOf(entry), entry);
  }

  /** Sorted by type and state key. */
  get entries(): StateEntry[] {
    return [...this.#entries.values()].sort(byPlace);
  }

  with(changes: readonly StateChange[]): MapState {
    const changed = new MapState(this.#entries.values());
    for (const { event, type, stateKey } of changes) {
      if (event === undefined) changed.#entries.delete(nameOf({ type, stateKey }));
      else changed.#entries.set(nameOf({ type, stateKey }), { type, stateKey, event });
    }
    return changed;
  }

  at(places: readonly StatePlace[]): StateEntry[] {
    return places.flatMap((place) => this.#entries.get(nameOf(place)) ?? []);
  }

  static differences(states: readonly MapState[]): StateDifference[] {
    const places = new Map(states.flatMap((state) => [...state.#entries]));
    const differences: StateDifference[] = [];
    for (const [name, { type, stateKey }] of places) {
      const events = states.map((state) => state.#entries.get(name)?.event);
      if (events.some((event) => event !== events[0])) differences.push({ type, stateKey, events });
    }
    return differences.sort(byPlace);
  }
}

function nameOf({ type, stateKey }: StatePlace): string {
  return `${type} ${stateKey}`;
}
