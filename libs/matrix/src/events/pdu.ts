import type { JsonObject } from '../canonical-json/json-value.ts';
import type { EventId } from '../identifiers/event-id.ts';
import type { RoomId } from '../identifiers/room-id.ts';
import type { UserId } from '../identifiers/user-id.ts';

/** An event of a room, the same shape for every room version. What the wire says beside this is in its canonical JSON. */
export type Pdu = {
  readonly eventId: EventId;
  readonly roomId: RoomId;
  readonly type: string;
  /** Undefined for events that are not state. */
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
  /** Room versions 1 to 5 allow up to 2^63 − 1: a JavaScript number near it, and never beyond. */
  readonly depth: number;
  /** Milliseconds since 1970, as the origin claims. */
  readonly originServerTs: number;
  /** What an `m.room.redaction` redacts, wherever its room version says so. */
  readonly redacts: EventId | undefined;
};

/** An event, and whether it was rejected by its auth_events or by the state before it. */
export type KnownEvent = { readonly pdu: Pdu; readonly rejected: boolean };

/** The longest event in bytes of canonical JSON, signatures included. Client-Server API, "Size limits". */
export const MAX_EVENT_BYTES = 65_536;
export const MAX_PREV_EVENTS = 20;
export const MAX_AUTH_EVENTS = 10;
