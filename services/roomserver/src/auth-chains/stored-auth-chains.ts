import type { Queryable } from '@plexus/postgres';
import type { StatePlace, StateStore } from '../state-store/state-store.ts';
import type { AuthChains } from './auth-chains.ts';
import { authDifference } from './auth-difference.ts';
import type { ChainIndex } from './chain-index.ts';
import { conflictedSubgraph } from './conflicted-subgraph.ts';
import { fullAuthChain } from './full-auth-chain.ts';
import { coveredFrom, type LocatedEvents, locateEvents, looseChains } from './locate-events.ts';

/** Answers from a chain cover that is up to date. */
export class StoredAuthChains implements AuthChains {
  readonly #queryable: Queryable;
  readonly #index: ChainIndex;
  readonly #stateStore: StateStore;

  constructor(queryable: Queryable, index: ChainIndex, stateStore: StateStore) {
    this.#queryable = queryable;
    this.#index = index;
    this.#stateStore = stateStore;
  }

  async chainOf(events: readonly number[], type?: number): Promise<number[]> {
    const located = await this.#locate(events);
    const above = events.flatMap((event) => located.places.get(event) ?? []);
    const { below, cited } = looseChains(located);
    const chain = await fullAuthChain(this.#index, { above, at: below });
    const ofType = type === undefined ? chain : chain.filter((event) => event.type === type);
    return [...ofType.map(({ event }) => event), ...cited];
  }

  async difference(states: readonly (readonly number[])[], snapshot: number): Promise<number[]> {
    const located = await this.#locate(states.flat());
    const conflicting = new Set(states[0]);
    const agreedAt = async (places: readonly StatePlace[]) =>
      (await this.#stateStore.at(snapshot, distinct(places))).filter(({ event }) => !conflicting.has(event));
    const placed = states.map((state) => state.flatMap((event) => coveredFrom(event, located)));
    return authDifference(this.#index, { states: placed, agreedAt });
  }

  async subgraph(conflicting: readonly number[]): Promise<number[]> {
    const located = await this.#locate(conflicting);
    const from = conflicting.flatMap((event) => coveredFrom(event, located));
    const to = conflicting.flatMap((event) => located.places.get(event) ?? []);
    const loose = conflicting.filter((event) => located.loose.has(event));
    return [...(await conflictedSubgraph(this.#index, { from, to })), ...loose];
  }

  #locate(events: readonly number[]): Promise<LocatedEvents> {
    return locateEvents(this.#queryable, this.#index, events);
  }
}

function distinct(places: readonly StatePlace[]): StatePlace[] {
  return [...new Map(places.map(({ type, stateKey }) => [`${type} ${stateKey}`, { type, stateKey }])).values()];
}
