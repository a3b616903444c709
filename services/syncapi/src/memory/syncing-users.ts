import type { Clock } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { LogConsumer } from '@plexus/streams';
import { memberships } from '../domain/membership.ts';
import { readMemberships } from '../storage/memberships.ts';
import type { MemoryIndex } from './memory-index.ts';
import { UserMemory } from './user-memory.ts';

const roomsWorthRemembering = [memberships.join, memberships.invite, memberships.knock];
/** The index is at most a commit ahead of memory; longer means that this replica hangs. */
const catchUpMs = 10_000;

/** This replica has not come as far as the index; the client may ask again. */
export class ReplicaBehind extends Error {
  override readonly name = 'ReplicaBehind';
}

/** Users who sync here, taken into memory when they first come. */
export class SyncingUsers {
  readonly #database: Database;
  readonly #memory: MemoryIndex;
  readonly #clock: Clock;
  readonly #roomConsumer: () => Pick<LogConsumer, 'waitFor'>;
  readonly #loading = new Map<string, Promise<UserMemory>>();

  constructor(database: Database, memory: MemoryIndex, clock: Clock, roomConsumer: () => Pick<LogConsumer, 'waitFor'>) {
    this.#database = database;
    this.#memory = memory;
    this.#clock = clock;
    this.#roomConsumer = roomConsumer;
  }

  /** The user if already in memory: what a client that syncs finds on every call but the first. */
  known(userId: string): UserMemory | undefined {
    const user = this.#loading.has(userId) ? undefined : this.#memory.users.get(userId);
    if (user !== undefined) user.lastUsedAt = this.#clock.monotonic();
    return user;
  }

  load(userId: string): Promise<UserMemory> {
    const loading = this.#loading.get(userId);
    if (loading !== undefined) return loading;
    const promise = this.#load(userId).finally(() => this.#loading.delete(userId));
    this.#loading.set(userId, promise);
    return promise;
  }

  async #load(userId: string): Promise<UserMemory> {
    // Known to the live index before the index is read: no change falls between the two.
    const user = new UserMemory(userId, this.#memory.position, this.#clock.monotonic());
    this.#memory.remember(user);
    try {
      const stored = await readMemberships(this.#database, userId, roomsWorthRemembering);
      const caughtUp = await this.#roomConsumer().waitFor(stored.indexedUpTo, catchUpMs);
      if (!caughtUp) throw new ReplicaBehind('the room log is ahead of this replica');
      for (const { roomId, membership, position, strippedState } of stored.memberships) {
        user.restore(this.#memory.room(roomId), membership, position, strippedState);
      }
      user.settle(this.#memory.position);
      return user;
    } catch (error) {
      this.#memory.forget(user);
      throw error;
    }
  }
}
