import type { LogName } from '../domain/sync-token.ts';
import type { TimelineEvent } from '../domain/timeline-event.ts';
import { EntryQueue } from './entry-window.ts';

/** A long poll of a user. */
export interface Waiter {
  /** Called when something came that may concern the user. `traceparents` are those of what came. */
  wake(traceparents: readonly string[]): void;
}

/** A syncing user, as far as a room has to do with them. */
export interface Listener {
  readonly userId: string;
  readonly waiters: Set<Waiter>;
  /** Notes that something at this position of the log concerns the user. */
  touch(log: LogName, position: number): void;
}

/** A receipt as the receipt log has it. */
export interface ReceiptEntry {
  readonly position: number;
  readonly userId: string;
  readonly receiptType: string;
  readonly eventId: string;
  readonly threadId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly ts: number;
}

/** A receipt in force, from memory or from the table. */
export type ReceiptInForce = Omit<ReceiptEntry, 'position'>;

/** Who types in a room, and when this replica heard of it. */
export interface RoomTyping {
  readonly userIds: readonly string[];
  readonly version: number;
  readonly changedAt: number;
}

/** Counts and heroes of a room. Client-server API, "Syncing", `RoomSummary`. */
export interface RoomSummary {
  readonly joined: number;
  readonly invited: number;
  /** The first six who are joined or invited (or, when there is only one of them, who left), so that five remain for each receiver. */
  readonly heroes: readonly string[];
}

/** The current member event of a user, and the position of the room log since which it is known to be current. */
export interface CurrentMember {
  readonly event: TimelineEvent;
  readonly since: number;
}

const maxBuiltTexts = 32;
/** Members of one room that are remembered; more are asked for again. */
const maxMembers = 2000;

/** What is remembered of one room: the newest part of its logs, and which syncing users are in it. */
export class RoomMemory {
  readonly roomId: string;
  readonly events = new EntryQueue<TimelineEvent>();
  readonly receipts = new EntryQueue<ReceiptEntry>();
  /** Joined users who sync here. */
  readonly listeners = new Set<Listener>();
  lastEvent = 0;
  lastReceipt = 0;
  /** Events up to this position are purged from the timeline; their state changes still count. */
  purgedUpTo = 0;
  typing: RoomTyping | undefined;
  #summary: RoomSummary | undefined;
  /** Current member events of those users that lazy-loading clients needed. */
  readonly #members = new Map<string, CurrentMember>();
  readonly #built = new Map<string, unknown>();
  /** Members have not changed between this position and now. */
  #lastMemberChange: number;

  /** @param position how far the room log is applied: what happened in the room before is not known */
  constructor(roomId: string, position: number) {
    this.roomId = roomId;
    this.#lastMemberChange = position;
  }

  get summary(): RoomSummary | undefined {
    return this.#summary;
  }

  /** Keeps a summary that was read when this replica had applied the room log up to `position`, unless a member has changed since. */
  rememberSummary(summary: RoomSummary, position: number): void {
    if (this.#lastMemberChange <= position) this.#summary = summary;
  }

  /** The user's member event if it is current and was so at this position. */
  memberAt(userId: string, position: number): TimelineEvent | undefined {
    const member = this.#members.get(userId);
    return member !== undefined && member.since <= position ? member.event : undefined;
  }

  /** Keeps a member event that was read as current at `position`, unless a member of the room has changed since. */
  rememberMember(userId: string, event: TimelineEvent, position: number): void {
    if (this.#lastMemberChange > position) return;
    if (this.#members.size >= maxMembers && !this.#members.has(userId)) this.#members.clear();
    this.#members.set(userId, { event, since: position });
  }

  /** A member changed at this position; `event` is the member event when it is the one of the entry itself. */
  memberChanged(userId: string, event: TimelineEvent | undefined, position: number): void {
    this.#lastMemberChange = position;
    this.#summary = undefined;
    if (event === undefined) this.#members.delete(userId);
    else if (this.#members.has(userId)) this.#members.set(userId, { event, since: position });
  }

  /** Replaces events that were redacted. */
  updateMembers(update: (event: TimelineEvent) => TimelineEvent): void {
    for (const [userId, member] of this.#members) this.#members.set(userId, { ...member, event: update(member.event) });
  }

  forgetMembers(): void {
    this.#summary = undefined;
    this.#members.clear();
  }

  /** What `build` makes for this key, built once for all receivers; forgotten when the room changes. The key begins with the stream's name. */
  builtOnce<Built>(key: string, build: () => Built): Built {
    const known = this.#built.get(key);
    // Each key is built by one stream alone, so the value has the type that the stream gave it.
    if (known !== undefined) return known as Built;
    const built = build();
    if (this.#built.size >= maxBuiltTexts) this.#built.clear();
    this.#built.set(key, built);
    return built;
  }

  changed(): void {
    if (this.#built.size > 0) this.#built.clear();
  }
}
