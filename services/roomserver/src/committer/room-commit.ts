import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { EventKey } from '../domain/event-key.ts';
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
    };

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
}
