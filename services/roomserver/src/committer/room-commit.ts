import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { EventKey } from '../domain/event-key.ts';
import type { HistoryPlace } from '../domain/history-place.ts';
import type { StateWrite } from '../state-store/state-store.ts';

/** What the next event of a room is built on. */
export interface RoomHead {
  /** Number of commits of the room; 0 before the first. */
  readonly version: number;
  /** Forward extremities, by event number. */
  readonly extremities: readonly number[];
  /** State after the extremities. */
  readonly snapshot: number;
  /** Largest depth of the room's events. */
  readonly depth: number;
}

/** An event's rows: skeleton and body. */
export interface EventRow {
  readonly event: number;
  readonly key: EventKey;
  readonly snapshotBefore: number;
  readonly type: number;
  /** Undefined for events that are not state. */
  readonly stateKey: number | undefined;
  readonly sender: number;
  readonly json: string;
  readonly replaces: number | undefined;
  /** The only prev event, when that is stored; several are in the JSON alone. */
  readonly previous: number | undefined;
  readonly deviceId: string | undefined;
  readonly transactionId: string | undefined;
  readonly transactionKey: string | undefined;
  readonly traceparent: string;
}

export interface NewRoom {
  readonly roomId: string;
  readonly roomVersion: string;
  readonly published: boolean;
  readonly alias: { readonly alias: string; readonly creator: number } | undefined;
}

export interface StateChangeRow {
  readonly type: number;
  readonly stateKey: number;
  readonly event: number;
}

export interface MembershipRow {
  readonly user: number;
  readonly membership: number;
  readonly event: number;
}

export interface RedactionRow {
  readonly event: number;
  readonly redactedBy: number;
  /** What is left of the event. */
  readonly json: string;
  /** What it was. */
  readonly original: string;
}

type EntryKind = NonNullable<RoomLogEntry['kind']>;

/** A log entry yet without its position. */
export type LogItem =
  | { readonly kind: 'event'; readonly event: number; readonly traceparent: string; readonly entry: EntryKind }
  | {
      readonly kind: 'redacted';
      readonly event: number;
      readonly cause: number;
      readonly traceparent: string;
      readonly entry: EntryKind;
    }
  /** An event of history: it has an entry in the log, but no place in the timeline. */
  | { readonly kind: 'historical'; readonly event: number; readonly traceparent: string; readonly entry: EntryKind };

/** A prev event that is not known, and the event that refers to it. */
export interface BackwardExtremityRow {
  readonly key: EventKey;
  readonly event: number;
}

/** What the events of other servers change beside. */
export interface InputRows {
  readonly verdicts: readonly { readonly event: number; readonly verdict: number; readonly reason: string }[];
  /** Current state before and after the entry of an event, where it is not as with a local event. */
  readonly transitions: readonly { readonly event: number; readonly before: number; readonly after: number }[];
  /** Outliers that get their place in the graph. */
  readonly placed: readonly {
    readonly event: number;
    readonly snapshotBefore: number;
    readonly replaces: number | undefined;
    readonly previous: number | undefined;
    readonly traceparent: string;
  }[];
  /** Places that the current state has no longer. */
  readonly emptied: readonly { readonly type: number; readonly stateKey: number }[];
  /** Users whose membership the current state has no longer. */
  readonly departed: readonly number[];
  /** What another server showed to those whom it invited, as a JSON array. */
  readonly inviteStates: readonly { readonly event: number; readonly strippedState: string }[];
  readonly backward: readonly BackwardExtremityRow[];
  /** Prev events that came after what refers to them. */
  readonly filled: readonly EventKey[];
  readonly historyPlaces: readonly (HistoryPlace & { readonly event: number })[];
  readonly pendingRedactions: readonly { readonly target: EventKey; readonly event: number }[];
  /** Targets that came after their redaction. */
  readonly metRedactions: readonly EventKey[];
}

/** All that one command changes in one room. Without events it changes nothing and only asks whether the head is still as it was. */
export interface RoomCommit {
  readonly room: number;
  /** Version that the head must have; 0: the room must be made. */
  readonly expected: number;
  readonly head: RoomHead;
  readonly created: NewRoom | undefined;
  readonly events: readonly EventRow[];
  /** What its changed states add to the state store. */
  readonly stateWrites: readonly StateWrite[];
  /** Current state but for members. */
  readonly state: readonly StateChangeRow[];
  readonly memberships: readonly MembershipRow[];
  readonly redactions: readonly RedactionRow[];
  readonly log: readonly LogItem[];
  /** Undefined for commands of this server. */
  readonly input?: InputRows;
}
