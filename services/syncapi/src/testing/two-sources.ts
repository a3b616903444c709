import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { systemClock } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { EventStore } from '../clients/roomserver.ts';
import { roomLogConsumer } from '../consumers/room-log.ts';
import { userLogConsumer } from '../consumers/user-log.ts';
import { MemoryIndex } from '../memory/memory-index.ts';
import { SyncingUsers } from '../memory/syncing-users.ts';
import { IgnoredUsers } from '../read/ignored-users.ts';
import { type NewReceipt, readReceiptHead, storeReceipts } from '../storage/receipts.ts';
import { RoomNumbers } from '../storage/room-numbers.ts';
import { applyReceipts } from '../streams/receipts.ts';
import { applyRoomLog } from '../streams/room-events/apply-room-log.ts';
import type { SyncSources } from '../streams/sources.ts';
import { applyTyping } from '../streams/typing.ts';
import { ScriptedRooms } from './scripted-rooms.ts';
import { ScriptedUsers } from './scripted-users.ts';

const serverName = 'example.org';

/** The services behind the contracts and the index, which all replicas of a test share. */
export interface SharedIndex {
  readonly database: Database;
  readonly rooms: ScriptedRooms;
  readonly users: ScriptedUsers;
}

const emptyIndex = {
  name: 'test_empty_index',
  text: `WITH logs AS (UPDATE syncapi.log_counter SET position = 0) UPDATE syncapi.consumer_position SET position = 0`,
};
const truncate = {
  name: 'test_truncate_index',
  text: `TRUNCATE syncapi.room, syncapi.timeline, syncapi.state_change, syncapi.current_membership, syncapi.membership_change,
    syncapi.visibility_change, syncapi.account_data_change, syncapi.receipt, syncapi.receipt_log, syncapi.forgotten_room,
    syncapi.deleted_room`,
};

/** Services without any data and an empty index, for one conversation. */
export async function emptyShared(database: Database): Promise<SharedIndex> {
  await database.query(truncate, []);
  await database.query(emptyIndex, []);
  return { database, rooms: new ScriptedRooms(), users: new ScriptedUsers() };
}

/** A replica's memory without streams: a test applies the logs by hand, and may leave this memory behind the index. */
export class MemoryReplica {
  readonly memory: MemoryIndex;
  readonly sources: SyncSources;
  readonly ignored: IgnoredUsers;
  readonly #shared: SharedIndex;
  readonly #users: SyncingUsers;
  readonly #apply: (entries: readonly RoomLogEntry[]) => Promise<void>;

  private constructor(shared: SharedIndex, receipt: number, maxEventBytes: number) {
    const { database, rooms, users } = shared;
    this.#shared = shared;
    const positions = { room: rooms.entries.length, user: users.entries.length, receipt };
    this.memory = new MemoryIndex({ maxEventBytes, maxReceiptBytes: 100_000_000, positions });
    const events = new EventStore(rooms, this.memory, 10_000_000);
    const numbers = new RoomNumbers();
    this.sources = {
      database,
      memory: this.memory,
      events,
      numbers,
      userapi: users,
      barrier: { pass: async () => undefined },
    };
    this.ignored = new IgnoredUsers(users);
    this.#users = new SyncingUsers(database, this.memory, systemClock, () => ({ waitFor: async () => true }));
    const { apply } = roomLogConsumer({
      ...this.sources,
      roomserver: rooms,
      serverName,
      wake: () => undefined,
      delivered: () => undefined,
      departed: () => undefined,
    });
    this.#apply = async (entries) => void (await apply(entries));
  }

  /** A replica that begins where the logs are now. A small window drops events, so that memory does not reach back far. */
  static async start(shared: SharedIndex, maxEventBytes = 100_000_000): Promise<MemoryReplica> {
    return new MemoryReplica(shared, await readReceiptHead(shared.database), maxEventBytes);
  }

  /** Loads a user, and whom they ignore, as their first sync does. */
  async user(userId: string) {
    await this.ignored.of(userId);
    return this.#users.known(userId) ?? (await this.#users.load(userId));
  }

  /** Writes what this memory lacks of the room log into the index, and takes it into memory. */
  async applyRooms(): Promise<void> {
    const entries = this.#shared.rooms.entries.slice(this.memory.position.room);
    if (entries.length > 0) await this.#apply(entries);
  }

  /** Takes what another replica has written of the room log into memory alone. */
  followRooms(): void {
    applyRoomLog(this.memory, this.sources.events, this.#shared.rooms.entries.slice(this.memory.position.room));
  }

  async applyUsers(): Promise<void> {
    const entries = this.#shared.users.entries.slice(this.memory.position.user);
    const { memory, ignored } = this;
    const { database, users: userapi } = this.#shared;
    const { apply } = userLogConsumer({ database, userapi, memory, ignored, wake: () => undefined });
    if (entries.length > 0) await apply(entries);
  }

  async setReceipt(receipt: NewReceipt, ts: number): Promise<void> {
    const entries = await this.#shared.database.transaction((transaction) =>
      storeReceipts(transaction, [receipt], ts, ''),
    );
    applyReceipts(this.memory, entries);
  }

  /** Typing is nowhere but in memories. */
  copyTyping({ memory }: MemoryReplica): void {
    const typing = [...memory.rooms].flatMap(({ roomId, typing: inRoom }) =>
      inRoom === undefined ? [] : [{ roomId, ...inRoom }],
    );
    for (const { roomId, userIds, version } of typing.toSorted((left, right) => left.changedAt - right.changedAt))
      this.setTyping(roomId, [...userIds], version);
  }

  setTyping(roomId: string, userIds: string[], version: number): void {
    applyTyping(this.memory, { roomId, userIds, version, traceparent: '' }, version);
  }
}
