import type { AuthRefusal, EventId, Pdu, RoomId, RoomVersionRules } from '@plexus/matrix';
import type { KnownEvents } from './known-events.ts';
import type { Pace } from './pace.ts';

/** An event that has passed the gate: its form, signatures and room are right. Redacted, when its content hash was wrong. */
export interface GatedEvent {
  readonly pdu: Pdu;
  /** As canonical JSON. */
  readonly json: string;
}

/** Where in the room's graph an event belongs. */
export type Placement =
  /** After its prev events, of which the states are known. */
  | { readonly kind: 'after_prev_events' }
  /** After prev events that are not to be had, with the state before it as another server tells it. */
  | { readonly kind: 'after_gap'; readonly state: readonly EventId[] }
  /** Nowhere: others cite it. */
  | { readonly kind: 'outlier' };

export interface InputEvent {
  readonly event: GatedEvent;
  readonly placement: Placement;
  /** Of the time before what is known: it comes into no timeline and makes no extremity. */
  readonly isHistory: boolean;
}

/** Why an event is not plainly accepted. */
export type InputReason =
  | AuthRefusal
  | GateRefusal
  | 'second_create_event'
  | 'no_join'
  | 'no_invite'
  /** The membership of a local user outside of this server's rooms was changed by somebody who cannot be entitled to. */
  | 'sender_not_entitled'
  | 'missing_prev_events'
  | 'missing_auth_events'
  | 'missing_state'
  | 'incomplete_state'
  | 'unknown_room'
  | 'denied_server'
  | 'too_many_events'
  | 'already_known';

/** Why the gate lets an event not pass. */
export type GateRefusal =
  | 'invalid_json'
  | 'event_too_large'
  | 'invalid_key'
  | 'too_many_prev_events'
  | 'too_many_auth_events'
  | 'wrong_room'
  | 'unsupported_room_version'
  | 'invalid_signature'
  | 'key_not_available';

export const inputOutcomes = ['accepted', 'soft_failed', 'rejected', 'malformed', 'already_known', 'missing'] as const;
export type InputOutcome = (typeof inputOutcomes)[number];

/** What became of an event. */
export interface InputResult {
  readonly eventId: EventId | undefined;
  readonly outcome: InputOutcome;
  /** Undefined for accepted ones. */
  readonly reason: InputReason | undefined;
}

/** Events of one room that are ready for it: each comes after all that it refers to. */
export interface RoomInput {
  readonly roomId: RoomId;
  readonly rules: RoomVersionRules;
  readonly events: readonly InputEvent[];
  readonly known: KnownEvents;
  /** Of the server that sent them. */
  readonly pace: Pace;
  /** The room is made of these events when it is not known. */
  readonly mayCreate: boolean;
  /** Nobody of this server is in the room any more: what is known of it has no say in what it is when somebody joins again. */
  readonly replacesHead: boolean;
  /** The create event that came with the state of a room that is joined. */
  readonly createId: EventId | undefined;
  readonly traceparent: string;
}
