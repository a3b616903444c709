import type { RoomDelta } from '../domain/room-delta.ts';
import type { TimelineEvent } from '../domain/timeline-event.ts';
import { EntryQueue } from './entry-window.ts';
import type { UserMemory } from './user-memory.ts';

/** A receipt as the receipt log tells it. */
export interface ReceiptEntry {
  readonly position: number;
  readonly userId: string;
  readonly receiptType: string;
  readonly eventId: string;
  readonly threadId: string | undefined;
  readonly ts: number;
}

/** Who types in a room, and when this replica heard of it. */
export interface RoomTyping {
  readonly userIds: readonly string[];
  readonly version: number;
  readonly changedAt: number;
}

/** Counts and heroes of a room, for the summary of lazy-loading clients. */
export interface RoomSummary {
  readonly joined: number;
  readonly invited: number;
  /** The first six who are joined or invited, so that five remain for each of them. */
  readonly heroes: readonly string[];
}

const maxDeltas = 32;
/** Members of one room that are remembered; more are asked for again. */
const maxMembers = 2000;

/** What is remembered of one room: the newest part of its logs, and who of those who sync is in it. */
export class RoomMemory {
  readonly roomId: string;
  readonly events = new EntryQueue<TimelineEvent>();
  readonly receipts = new EntryQueue<ReceiptEntry>();
  /** Joined users who sync here. */
  readonly listeners = new Set<UserMemory>();
  lastEvent = 0;
  lastReceipt = 0;
  typing: RoomTyping | undefined;
  summary: RoomSummary | undefined;
  /** Current member events by user, of those that lazy-loading clients needed. */
  readonly members = new Map<string, TimelineEvent>();
  readonly #deltas = new Map<string, RoomDelta>();

  constructor(roomId: string) {
    this.roomId = roomId;
  }

  rememberMember(userId: string, event: TimelineEvent): void {
    if (this.members.size >= maxMembers && !this.members.has(userId)) this.members.clear();
    this.members.set(userId, event);
  }

  /** What `build` makes of this key, built once for all receivers; forgotten when the room changes. */
  delta(key: string, build: () => RoomDelta): RoomDelta {
    const known = this.#deltas.get(key);
    if (known !== undefined) return known;
    const built = build();
    if (this.#deltas.size >= maxDeltas) this.#deltas.clear();
    this.#deltas.set(key, built);
    return built;
  }

  changed(): void {
    if (this.#deltas.size > 0) this.#deltas.clear();
  }
}
