import type { Queryable } from '@plexus/postgres';
import type { StateStore } from '../state-store/state-store.ts';
import { readAuthEdges } from '../storage/auth-events.ts';
import type { AuthChains } from './auth-chains.ts';

type Edges = ReadonlyMap<number, readonly number[]>;

/** Walks the graph, a round trip for each of its levels. */
export class WalkedAuthChains implements AuthChains {
  readonly #queryable: Queryable;
  readonly #stateStore: StateStore;

  constructor(queryable: Queryable, stateStore: StateStore) {
    this.#queryable = queryable;
    this.#stateStore = stateStore;
  }

  async chainOf(events: readonly number[]): Promise<number[]> {
    const edges = await this.#edgesBelow(events);
    return [...reached(edges, new Set(events.flatMap((event) => edges.get(event) ?? [])))];
  }

  async difference(states: readonly (readonly number[])[], snapshot: number): Promise<number[]> {
    const whole = (await this.#stateStore.read([snapshot])).get(snapshot) ?? [];
    const conflicting = new Set(states[0]);
    const agreed = whole.map(({ event }) => event).filter((event) => !conflicting.has(event));
    const edges = await this.#edgesBelow([...agreed, ...states.flat()]);
    const inAll = reached(edges, agreed);
    const chains = states.map((state) => reached(edges, state));
    const some = new Set(chains.flatMap((chain) => [...chain]));
    return [...some].filter((event) => !inAll.has(event) && !chains.every((chain) => chain.has(event)));
  }

  async subgraph(conflicting: readonly number[]): Promise<number[]> {
    const edges = await this.#edgesBelow(conflicting);
    const citedBy = new Map<number, number[]>();
    for (const [event, authEvents] of edges)
      for (const authEvent of authEvents) citedBy.set(authEvent, [...(citedBy.get(authEvent) ?? []), event]);
    const above = reached(citedBy, conflicting);
    return [...reached(edges, conflicting)].filter((event) => above.has(event));
  }

  async #edgesBelow(events: readonly number[]): Promise<Edges> {
    const edges = new Map<number, readonly number[]>();
    for (let level = [...new Set(events)]; level.length > 0; ) {
      const read = await readAuthEdges(this.#queryable, level);
      for (const { event, authEvents } of read) edges.set(event, authEvents);
      level = [...new Set(read.flatMap(({ authEvents }) => authEvents))].filter((event) => !edges.has(event));
    }
    return edges;
  }
}

/** The events and all that the edges lead to from them. */
function reached(edges: Edges, events: Iterable<number>): Set<number> {
  const all = new Set(events);
  for (const event of all) for (const next of edges.get(event) ?? []) all.add(next);
  return all;
}
