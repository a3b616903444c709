import type { LogName, SyncPosition } from '../domain/sync-token.ts';
import { EntryWindow } from './entry-window.ts';
import { type Listener, RoomMemory } from './room-memory.ts';
import type { UserMemory } from './user-memory.ts';

export interface MemoryOptions {
  readonly maxEventBytes: number;
  readonly maxReceiptBytes: number;
  /** Where the logs are taken up. */
  readonly positions: Omit<SyncPosition, 'typing'>;
}

/** Those whose long polls may be over, with the traces of what came. */
export interface Woken {
  readonly users: ReadonlySet<Listener>;
  readonly traceparents: readonly string[];
}

/**
 * The newest part of every log in memory, and the users who sync. The streams write it: each applies the entries of its log, a batch between two
 * turns of the event loop, so that readers see whole batches and the position says exactly what has been applied.
 */
export class MemoryIndex {
  /** The timeline events and the receipts of all rooms, each bounded in bytes. */
  readonly events: EntryWindow;
  readonly receipts: EntryWindow;
  readonly #rooms = new Map<string, RoomMemory>();
  readonly #users = new Map<string, UserMemory>();
  /** Forgotten, but their long polls still wait. */
  readonly #leaving = new Set<UserMemory>();
  #position: SyncPosition;

  constructor(options: MemoryOptions) {
    this.events = new EntryWindow(options.maxEventBytes, options.positions.room);
    this.receipts = new EntryWindow(options.maxReceiptBytes, options.positions.receipt);
    this.#position = { ...options.positions, typing: 0 };
  }

  get position(): SyncPosition {
    return this.#position;
  }

  /** All entries of the log up to this position are applied. */
  advanceTo(log: LogName, position: number): void {
    if (position > this.#position[log]) this.#position = { ...this.#position, [log]: position };
  }

  get bytes(): number {
    return this.events.bytes + this.receipts.bytes;
  }

  get users(): ReadonlyMap<string, UserMemory> {
    return this.#users;
  }

  get rooms(): Iterable<RoomMemory> {
    return this.#rooms.values();
  }

  room(roomId: string): RoomMemory {
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return known;
    const room = new RoomMemory(roomId, this.#position.room);
    this.#rooms.set(roomId, room);
    return room;
  }

  knownRoom(roomId: string): RoomMemory | undefined {
    return this.#rooms.get(roomId);
  }

  /**
   * Drops the room, which the entry at this position deleted, with the memberships of its users. The events that the window holds of it leave
   * the window in their turn. @returns the users who were in the room
   */
  deleteRoom(room: RoomMemory, position: number): UserMemory[] {
    this.#rooms.delete(room.roomId);
    return [...this.#users.values()].filter((user) => user.roomDeleted(room, position));
  }

  remember(user: UserMemory): void {
    this.#users.set(user.userId, user);
  }

  forget(user: UserMemory): void {
    user.forget();
    this.#users.delete(user.userId);
  }

  /** Forgets users who have not synced since then, and rooms that nothing is known of. */
  forgetIdle(before: number): void {
    for (const user of this.#users.values()) {
      if (user.lastUsedAt >= before || user.waiters.size > 0) continue;
      this.forget(user);
    }
    this.#forgetLeaving();
    for (const room of this.#rooms.values()) {
      if (
        room.listeners.size === 0 &&
        room.events.size === 0 &&
        room.receipts.size === 0 &&
        (room.typing?.userIds.length ?? 0) === 0
      )
        this.#rooms.delete(room.roomId);
    }
  }

  /** Forgets all events and users: what is asked for from before now is read from the index. Those who wait go on waiting. */
  forgetAll(): void {
    this.events.dropAll(this.#position.room);
    for (const user of this.#users.values()) this.#leaving.add(user);
    this.#users.clear();
    this.#forgetLeaving();
    for (const room of this.#rooms.values()) {
      room.forgetMembers();
      room.changed();
    }
  }

  #forgetLeaving(): void {
    for (const user of this.#leaving) {
      if (user.waiters.size > 0) continue;
      user.forget();
      this.#leaving.delete(user);
    }
  }
}
