import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import type {
  EventRedacted,
  HistoryPurged,
  RoomEvent,
  RoomLogEntry,
  StateChange,
} from '@plexus/contracts/streams/room-log';
import type { TypingChanged } from '@plexus/contracts/streams/typing';
import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import { isMembership } from '../domain/membership.ts';
import { strippedStateOf } from '../domain/stripped-state.ts';
import type { SyncPosition } from '../domain/sync-token.ts';
import { TimelineEvent } from '../domain/timeline-event.ts';
import { EntryWindow } from './entry-window.ts';
import { RoomMemory } from './room-memory.ts';
import type { UserMemory } from './user-memory.ts';

export interface MemoryOptions {
  readonly maxEventBytes: number;
  readonly maxReceiptBytes: number;
  /** Where the logs are taken up. */
  readonly positions: Omit<SyncPosition, 'typing'>;
}

/** Those whose waiting may be over, with the traces of what came. */
export interface Woken {
  readonly users: ReadonlySet<UserMemory>;
  readonly traceparents: readonly string[];
}

const receiptBytes = 300;

/**
 * The newest part of every log in memory, and who is concerned. Batches are applied in one go between two turns of the event loop, so that
 * whoever reads it sees whole batches: the positions say exactly what has been seen.
 */
export class MemoryIndex {
  readonly #rooms = new Map<string, RoomMemory>();
  readonly #users = new Map<string, UserMemory>();
  /** Forgotten but for those who still wait with them. */
  readonly #leaving = new Set<UserMemory>();
  readonly #events: EntryWindow;
  readonly #receipts: EntryWindow;
  readonly #onRedacted: (redaction: EventRedacted) => void;
  readonly #onGone: (roomId: string, upTo: number) => void;
  #position: SyncPosition;

  constructor(
    options: MemoryOptions,
    onRedacted: (redaction: EventRedacted) => void,
    onGone: (roomId: string, upTo: number) => void,
  ) {
    this.#events = new EntryWindow(options.maxEventBytes, options.positions.room);
    this.#receipts = new EntryWindow(options.maxReceiptBytes, options.positions.receipt);
    this.#position = { ...options.positions, typing: 0 };
    this.#onRedacted = onRedacted;
    this.#onGone = onGone;
  }

  get position(): SyncPosition {
    return this.#position;
  }

  /** Events after this position of the room log are all in memory. */
  get eventFloor(): number {
    return this.#events.floor;
  }

  get receiptFloor(): number {
    return this.#receipts.floor;
  }

  get bytes(): number {
    return this.#events.bytes + this.#receipts.bytes;
  }

  get users(): ReadonlyMap<string, UserMemory> {
    return this.#users;
  }

  room(roomId: string): RoomMemory {
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return known;
    const room = new RoomMemory(roomId);
    this.#rooms.set(roomId, room);
    return room;
  }

  knownRoom(roomId: string): RoomMemory | undefined {
    return this.#rooms.get(roomId);
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
    this.#events.dropAll(this.#position.room);
    for (const user of this.#users.values()) this.#leaving.add(user);
    this.#users.clear();
    this.#forgetLeaving();
    for (const room of this.#rooms.values()) {
      room.summary = undefined;
      room.members.clear();
      room.changed();
    }
  }

  applyRoomEntries(entries: readonly RoomLogEntry[]): Woken {
    const users = new Set<UserMemory>();
    const traceparents = new Set<string>();
    for (const { position, traceparent, kind } of entries) {
      if (position <= this.#position.room) continue;
      if (kind?.$case === 'event') this.#applyEvent(position, kind.value, users);
      else if (kind?.$case === 'redacted') this.#applyRedaction(kind.value);
      else if (kind?.$case === 'roomDeleted') this.#deleteRoom(kind.value.roomId);
      else if (kind?.$case === 'historyPurged') this.#purge(kind.value);
      this.#position = { ...this.#position, room: position };
      if (traceparent !== '') traceparents.add(traceparent);
    }
    return { users, traceparents: [...traceparents] };
  }

  applyUserEntries(entries: readonly UserLogEntry[]): Woken {
    const users = new Set<UserMemory>();
    for (const { position, userId, kind } of entries) {
      if (position <= this.#position.user) continue;
      this.#position = { ...this.#position, user: position };
      const user = this.#users.get(userId);
      if (user === undefined || kind?.$case !== 'accountData') continue;
      const { roomId, type, content } = kind.value;
      user.addAccountData({ position, roomId, type, content });
      users.add(user);
    }
    return { users, traceparents: traceparentsOf(entries) };
  }

  applyReceiptEntries(entries: readonly ReceiptLogEntry[]): Woken {
    const users = new Set<UserMemory>();
    for (const entry of entries) {
      if (entry.position <= this.#position.receipt) continue;
      this.#position = { ...this.#position, receipt: entry.position };
      // Of a room that was deleted.
      if (entry.roomId === '') continue;
      const room = this.room(entry.roomId);
      this.#receipts.add(room.receipts, { ...entry, threadId: entry.threadId }, receiptBytes);
      room.lastReceipt = entry.position;
      room.changed();
      for (const user of room.listeners) {
        if (entry.receiptType === 'm.read.private' && user.userId !== entry.userId) continue;
        user.lastReceipt = entry.position;
        users.add(user);
      }
    }
    return { users, traceparents: traceparentsOf(entries) };
  }

  /** Goes past receipts without telling them. */
  skipReceipts(position: number): void {
    this.#position = { ...this.#position, receipt: Math.max(position, this.#position.receipt) };
  }

  /** `now` in milliseconds; the position moves on by at least one, so that no change is hidden by the one before. */
  applyTyping({ roomId, userIds, version, traceparent }: TypingChanged, now: number): Woken {
    const users = new Set<UserMemory>();
    const room = this.room(roomId);
    if (room.typing !== undefined && room.typing.version >= version) return { users, traceparents: [] };
    const changedAt = Math.max(this.#position.typing + 1, now);
    this.#position = { ...this.#position, typing: changedAt };
    room.typing = { userIds, version, changedAt };
    room.changed();
    for (const user of room.listeners) {
      user.lastTyping = changedAt;
      users.add(user);
    }
    return { users, traceparents: traceparent === '' ? [] : [traceparent] };
  }

  /** Rooms in which somebody types, as remembered. */
  typingRooms(): TypingChanged[] {
    const rooms: TypingChanged[] = [];
    for (const { roomId, typing } of this.#rooms.values()) {
      if (typing === undefined || typing.userIds.length === 0) continue;
      rooms.push({ roomId, userIds: [...typing.userIds], version: typing.version, traceparent: '' });
    }
    return rooms;
  }

  #forgetLeaving(): void {
    for (const user of this.#leaving) {
      if (user.waiters.size > 0) continue;
      user.forget();
      this.#leaving.delete(user);
    }
  }

  #applyEvent(position: number, event: RoomEvent, users: Set<UserMemory>): void {
    const room = this.room(event.roomId);
    room.changed();
    for (const user of room.listeners) this.#touch(user, position, users);
    for (const change of event.stateChanges) {
      if (change.type === 'm.room.member') this.#applyMembership(room, position, event, change, users);
    }
    if (event.historical) return;
    const timelineEvent = TimelineEvent.fromLog(position, event);
    room.lastEvent = position;
    this.#events.add(room.events, timelineEvent, timelineEvent.bytes);
    if (event.type === 'm.room.member' && event.stateKey !== undefined && room.members.has(event.stateKey))
      room.rememberMember(event.stateKey, timelineEvent);
  }

  #applyMembership(
    room: RoomMemory,
    position: number,
    event: RoomEvent,
    change: StateChange,
    users: Set<UserMemory>,
  ): void {
    room.summary = undefined;
    if (change.eventId !== event.eventId) room.members.delete(change.stateKey);
    const user = this.#users.get(change.stateKey);
    if (user === undefined) return;
    const membership = isMembership(change.membership) ? change.membership : 'leave';
    user.change(room, membership, position, strippedStateOf(event, change.stateKey));
    this.#touch(user, position, users);
  }

  #applyRedaction(redaction: EventRedacted): void {
    const room = this.room(redaction.roomId);
    room.changed();
    const event = room.events.find((candidate) => candidate.eventId === redaction.eventId);
    const because = room.events.find((candidate) => candidate.eventId === redaction.redactionEventId);
    if (event !== undefined) room.events.replace(event.redacted(redaction, because));
    for (const [userId, member] of room.members) {
      if (member.eventId === redaction.eventId) room.members.set(userId, member.redacted(redaction, because));
    }
    this.#onRedacted(redaction);
  }

  /** State stays, since who was not told of it yet still has to be. Which messages stay of a purge that spares some is for roomserver to say. */
  #purge({ roomId, upTo, keepsLocal }: HistoryPurged): void {
    this.#onGone(roomId, upTo);
    const room = this.#rooms.get(roomId);
    if (room === undefined || keepsLocal) return;
    room.changed();
    room.events.removeUpTo(upTo, ({ stateKey }) => stateKey === undefined);
  }

  #deleteRoom(roomId: string): void {
    this.#onGone(roomId, Number.MAX_SAFE_INTEGER);
    const room = this.#rooms.get(roomId);
    if (room === undefined) return;
    for (const user of this.#users.values()) user.roomDeleted(room);
    // What the window holds of it is dropped from there in its turn.
    this.#rooms.delete(roomId);
  }

  #touch(user: UserMemory, position: number, users: Set<UserMemory>): void {
    user.lastRoom = position;
    users.add(user);
  }
}

function traceparentsOf(entries: readonly { readonly traceparent: string }[]): string[] {
  return [...new Set(entries.map((entry) => entry.traceparent).filter((traceparent) => traceparent !== ''))];
}
