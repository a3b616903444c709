import type { Database } from '@plexus/postgres';
import type { StatePlace, StateStore } from '../state-store/state-store.ts';
import { selectLaggingRooms, selectRoomsOfEvents, selectRoomsToIndex } from '../storage/auth-chain-rows.ts';
import { storedChainIndex } from '../storage/auth-chains.ts';
import type { AuthChains } from './auth-chains.ts';
import { authDifference } from './auth-difference.ts';
import type { ChainIndex } from './chain-index.ts';
import { conflictedSubgraph } from './conflicted-subgraph.ts';
import { fullAuthChain } from './full-auth-chain.ts';
import { indexRoom } from './index-room.ts';
import { coveredFrom, type LocatedEvents, locateEvents, looseChains } from './locate-events.ts';

/** Answers from the chain cover, which it brings up to date before each answer. */
export class IndexedAuthChains implements AuthChains {
  readonly #database: Database;
  readonly #stateStore: StateStore;
  readonly #index: ChainIndex;
  /** Rooms that are being indexed. */
  readonly #indexing = new Map<number, Promise<void>>();

  constructor(database: Database, stateStore: StateStore) {
    this.#database = database;
    this.#stateStore = stateStore;
    this.#index = storedChainIndex(database);
  }

  async chainOf(events: readonly number[]): Promise<number[]> {
    const located = await this.#locate(events);
    const above = events.flatMap((event) => located.places.get(event) ?? []);
    const { below, cited } = looseChains(located);
    return [...(await fullAuthChain(this.#index, { above, at: below })), ...cited];
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

  /** Brings the chain cover of rooms up to date that lag behind; a query does it too, but somebody waits for it then. */
  async catchUp(): Promise<void> {
    const rooms = await this.#database.query<{ room: number }>(selectLaggingRooms, [LAG]);
    for (const { room } of rooms) await this.#indexRoom(room);
  }

  async #locate(events: readonly number[]): Promise<LocatedEvents> {
    const rooms = await this.#database.query<{ room: number }>(selectRoomsOfEvents, [events]);
    await this.#indexRooms(rooms.map(({ room }) => room));
    return locateEvents(this.#database, this.#index, events);
  }

  /** An index that is being made may have looked before what is asked for was there, so a look follows it. */
  async #indexRooms(rooms: readonly number[]): Promise<void> {
    for (;;) {
      const open = await this.#database.query<{ room: number }>(selectRoomsToIndex, [rooms]);
      if (open.length === 0) return;
      for (const { room } of open) await this.#indexRoom(room);
    }
  }

  #indexRoom(room: number): Promise<void> {
    const running = this.#indexing.get(room);
    if (running !== undefined) return running;
    const indexing = indexRoom(this.#database, room).finally(() => this.#indexing.delete(room));
    this.#indexing.set(room, indexing);
    return indexing;
  }
}

/** State events that a room may be behind: 10 ms of work for who asks. */
const LAG = 200;

function distinct(places: readonly StatePlace[]): StatePlace[] {
  return [...new Map(places.map(({ type, stateKey }) => [`${type} ${stateKey}`, { type, stateKey }])).values()];
}
