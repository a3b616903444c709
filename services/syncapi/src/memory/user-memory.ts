import type { Membership, MembershipChange } from '../domain/membership.ts';
import type { LogName, SyncPosition } from '../domain/sync-token.ts';
import type { Listener, RoomMemory, Waiter } from './room-memory.ts';

/** A user's place in a room, as far as their syncs need it. */
export interface RememberedMembership {
  readonly room: RoomMemory;
  membership: Membership;
  /** Of the entry that made it so. */
  position: number;
  /** JSON array, of an invite or a knock. */
  strippedState: string;
  /** Changes since the user is remembered, the first being what was in force then. */
  changes: MembershipChange[];
}

export interface AccountDataEntry {
  readonly position: number;
  readonly roomId: string | undefined;
  readonly type: string;
  /** JSON object. */
  readonly content: string;
}

const maxAccountData = 512;
const maxMembershipChanges = 64;

/** What is remembered of a user who syncs. */
export class UserMemory implements Listener {
  readonly userId: string;
  readonly memberships = new Map<string, RememberedMembership>();
  readonly waiters = new Set<Waiter>();
  readonly #joined = new Set<RoomMemory>();
  #accountData: AccountDataEntry[] = [];
  /** Membership changes after this room log position are all known. */
  historyFloor: number;
  accountDataFloor: number;
  /** Of the last change of any of the user's memberships. */
  lastMembershipChange: number;
  /** In each log the last position of anything that concerns this user: an empty sync looks at these alone. */
  readonly #touched: { [Log in LogName]: number };
  lastUsedAt: number;

  constructor(userId: string, positions: SyncPosition, now: number) {
    this.userId = userId;
    this.historyFloor = positions.room;
    this.lastMembershipChange = positions.room;
    this.accountDataFloor = positions.user;
    this.#touched = { ...positions };
    this.lastUsedAt = now;
  }

  /** Whether anything in this log after the position may concern the user. */
  isTouchedAfter(log: LogName, position: number): boolean {
    return this.#touched[log] > position;
  }

  /** Notes that something at this position of the log concerns the user. */
  touch(log: LogName, position: number): void {
    if (this.#touched[log] < position) this.#touched[log] = position;
  }

  get joinedRooms(): ReadonlySet<RoomMemory> {
    return this.#joined;
  }

  /** Takes in what the index says of a room, unless a later change was applied already. */
  restore(room: RoomMemory, membership: Membership, position: number, strippedState: string): void {
    const known = this.memberships.get(room.roomId);
    if (known !== undefined && known.position >= position) return;
    this.memberships.set(room.roomId, { room, membership, position, strippedState, changes: [] });
    if (membership === 'join') this.#join(room);
  }

  /** Ends the restoring: from this position on every change is known, and nothing of before. */
  settle(positions: SyncPosition): void {
    this.historyFloor = positions.room;
    this.lastMembershipChange = positions.room;
    for (const log of ['room', 'receipt', 'typing'] as const) this.touch(log, positions[log]);
    for (const entry of this.memberships.values()) {
      entry.changes = [{ position: entry.position, membership: entry.membership }];
    }
  }

  /** Applies a change; changes that were known already have no effect. */
  change(room: RoomMemory, membership: Membership, position: number, strippedState: string): void {
    this.touch('room', position);
    this.lastMembershipChange = Math.max(this.lastMembershipChange, position);
    const known = this.memberships.get(room.roomId);
    if (known === undefined) {
      const before: MembershipChange = { position: 0, membership: 'leave' };
      const changes = [before, { position, membership }];
      this.memberships.set(room.roomId, { room, membership, position, strippedState, changes });
    } else {
      if (known.position >= position) return;
      known.membership = membership;
      known.position = position;
      known.strippedState = strippedState;
      known.changes.push({ position, membership });
      this.#trim(known);
    }
    if (membership === 'join') this.#join(room);
    else this.#leave(room);
  }

  addAccountData(entry: AccountDataEntry): void {
    this.touch('user', entry.position);
    this.#accountData.push(entry);
    if (this.#accountData.length <= maxAccountData) return;
    const dropped = this.#accountData.slice(0, maxAccountData / 2);
    this.#accountData = this.#accountData.slice(maxAccountData / 2);
    this.accountDataFloor = dropped.at(-1)?.position ?? this.accountDataFloor;
  }

  /** Account data that changed after a position at or above the floor, the newest of each type. */
  accountDataAfter(position: number): AccountDataEntry[] {
    if (!this.isTouchedAfter('user', position)) return [];
    const newest = new Map<string, AccountDataEntry>();
    for (const entry of this.#accountData) {
      if (entry.position > position) newest.set(`${entry.roomId ?? ''} ${entry.type}`, entry);
    }
    return [...newest.values()];
  }

  /**
   * The room was deleted by the entry at this position. What the user's clients are sent of that is in the index, so memory reaches back no
   * further. @returns whether the user had to do with the room
   */
  roomDeleted(room: RoomMemory, position: number): boolean {
    if (!this.memberships.delete(room.roomId)) return false;
    this.#leave(room);
    this.touch('room', position);
    this.historyFloor = Math.max(this.historyFloor, position);
    return true;
  }

  /** Leaves all rooms' lists, when the user is no longer remembered. */
  forget(): void {
    for (const room of this.#joined) room.listeners.delete(this);
    this.#joined.clear();
  }

  #join(room: RoomMemory): void {
    this.#joined.add(room);
    room.listeners.add(this);
  }

  #leave(room: RoomMemory): void {
    this.#joined.delete(room);
    room.listeners.delete(this);
  }

  #trim(entry: RememberedMembership): void {
    if (entry.changes.length <= maxMembershipChanges) return;
    const dropped = entry.changes.splice(0, maxMembershipChanges / 2);
    this.historyFloor = Math.max(this.historyFloor, dropped.at(-1)?.position ?? 0);
  }
}
