import type { Database, Queryable } from '@plexus/postgres';
import type { StateStore } from '../state-store/state-store.ts';
import { selectLaggingRooms, selectRoomsOfEvents, selectRoomsToIndex } from '../storage/auth-chain-rows.ts';
import { storedChainIndex } from '../storage/auth-chains.ts';
import type { AuthChains, AuthChainsOfRooms } from './auth-chains.ts';
import { indexRoom } from './index-room.ts';
import { RememberedChainIndex } from './remembered-chain-index.ts';
import { StoredAuthChains } from './stored-auth-chains.ts';

/** Answers from the chain cover, which it brings up to date before each answer. */
export class IndexedAuthChains implements AuthChainsOfRooms {
  readonly #database: Database;
  readonly #stateStore: StateStore;
  /** Rooms that are being indexed. */
  readonly #indexing = new Map<number, Promise<void>>();

  constructor(database: Database, stateStore: StateStore) {
    this.#database = database;
    this.#stateStore = stateStore;
  }

  async chainOf(events: readonly number[]): Promise<number[]> {
    return (await this.#withRoomsOf(events)).chainOf(events);
  }

  async difference(states: readonly (readonly number[])[], snapshot: number): Promise<number[]> {
    return (await this.#withRoomsOf(states.flat())).difference(states, snapshot);
  }

  async subgraph(conflicting: readonly number[]): Promise<number[]> {
    return (await this.#withRoomsOf(conflicting)).subgraph(conflicting);
  }

  async ofRoom(room: number, readBy: (queryable: Queryable) => Queryable): Promise<AuthChains> {
    await this.#indexRooms([room]);
    return this.#readOnceBy(readBy(this.#database));
  }

  /** Brings the chain cover of rooms up to date that lag behind; a query does it too, but somebody waits for it then. */
  async catchUp(): Promise<void> {
    const rooms = await this.#database.query<{ room: number }>(selectLaggingRooms, [LAG]);
    for (const { room } of rooms) await this.#indexRoom(room);
  }

  async #withRoomsOf(events: readonly number[]): Promise<AuthChains> {
    const rooms = await this.#database.query<{ room: number }>(selectRoomsOfEvents, [events]);
    await this.#indexRooms(rooms.map(({ room }) => room));
    return this.#readOnceBy(this.#database);
  }

  #readOnceBy(queryable: Queryable): AuthChains {
    return new StoredAuthChains(queryable, new RememberedChainIndex(storedChainIndex(queryable)), this.#stateStore);
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
