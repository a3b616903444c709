import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { isJsonObject, type JsonObject, type JsonValue, ownValue } from '../canonical-json/json-value.ts';
import { RawNumber } from '../canonical-json/raw-number.ts';
import { parseStrictJson } from '../canonical-json/strict-json.ts';
import { type EventId, isEventId, isEventIdWithin } from '../identifiers/event-id.ts';
import { fitsIdentifierLimit, fitsInBytes } from '../identifiers/limits.ts';
import { isHashRoomId, isRoomIdWithin, type RoomId, roomIdFromCreateEvent } from '../identifiers/room-id.ts';
import { isServerName } from '../identifiers/server-name.ts';
import { isUserIdWithin, type UserId } from '../identifiers/user-id.ts';
import type { Result } from '../result.ts';
import type { RoomVersionRules } from '../room-versions/rules.ts';
import { eventIdOfSignedText, signedEventText } from './hashes.ts';
import { MAX_AUTH_EVENTS, MAX_EVENT_BYTES, MAX_PREV_EVENTS, type Pdu } from './pdu.ts';

/** An event in the form of its room version, with all that was on the wire. */
export type ParsedPdu = {
  readonly pdu: Pdu;
  /** Every key of the wire form. */
  readonly object: JsonObject;
  /** Canonical JSON of `object`. */
  readonly json: string;
  /** What its signatures cover. */
  readonly signedText: string;
};

export type PduError =
  /** Not JSON, or JSON that events of this room version may not hold. */
  | 'invalid_json'
  | 'event_too_large'
  /** A key is missing or of the wrong type; `key` says which. */
  | 'invalid_key'
  | 'too_many_prev_events'
  | 'too_many_auth_events';

export type PduProblem = { readonly code: PduError; readonly key?: string };

/** Room versions 1 to 5 count up to it. */
const MAX_OLD_DEPTH = 2n ** 63n - 1n;
/** The largest JavaScript number that is not beyond it, and so fits where 64 bits are kept. */
const NEAREST_TO_MAX_OLD_DEPTH = 2 ** 63 - 1024;

/**
 * Reads an event of the given room version and checks its form and size; hashes, signatures and authority are for later.
 * Server-Server API, "Checks performed on receipt of a PDU", step 1.
 */
export function parsePdu(source: string | Uint8Array, rules: RoomVersionRules): Result<ParsedPdu, PduProblem> {
  const parsed = parseStrictJson(source, { numbers: rules.numbers });
  if (!parsed.ok || !isJsonObject(parsed.value)) return { ok: false, error: { code: 'invalid_json' } };
  return pduFromObject(parsed.value, rules);
}

/** The same for an object that the strict parser made, with the rules' numbers, out of a larger text. */
export function pduFromObject(object: JsonObject, rules: RoomVersionRules): Result<ParsedPdu, PduProblem> {
  const json = canonicalJson(object);
  if (!fitsInBytes(json, MAX_EVENT_BYTES)) return { ok: false, error: { code: 'event_too_large' } };
  try {
    const signedText = signedEventText(object, rules);
    return { ok: true, value: { pdu: readPdu(object, signedText, rules), object, json, signedText } };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.problem };
    throw error;
  }
}

class Refusal extends Error {
  readonly problem: PduProblem;

  constructor(problem: PduProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

function readPdu(object: JsonObject, signedText: string, rules: RoomVersionRules): Pdu {
  const type = shortText(object, 'type', rules);
  const eventId = eventIdOf(object, signedText, rules);
  const content = objectAt(object, 'content');
  requireHashesAndSignatures(object);
  return {
    eventId,
    roomId: roomIdOf(object, type, eventId, rules),
    type,
    stateKey: ownValue(object, 'state_key') === undefined ? undefined : shortText(object, 'state_key', rules),
    sender: senderOf(object, rules),
    content,
    prevEvents: references(object, 'prev_events', MAX_PREV_EVENTS, rules),
    authEvents: references(object, 'auth_events', MAX_AUTH_EVENTS, rules),
    depth: depthOf(object),
    originServerTs: integer(object, 'origin_server_ts'),
    redacts: redactsOf(object, type, content, rules),
  };
}

function eventIdOf(object: JsonObject, signedText: string, rules: RoomVersionRules): EventId {
  if (rules.eventIds !== 'explicit') return eventIdOfSignedText(signedText, rules.eventIds);
  const eventId = ownValue(object, 'event_id');
  const isOfServer =
    isEventIdWithin(eventId, rules.identifierLimit) && isServerName(eventId.slice(eventId.indexOf(':') + 1));
  if (isOfServer) return eventId;
  throw invalid('event_id');
}

function roomIdOf(object: JsonObject, type: string, eventId: EventId, rules: RoomVersionRules): RoomId {
  const roomId = ownValue(object, 'room_id');
  if (rules.roomIdIsCreateEventHash && type === 'm.room.create') {
    const own = roomIdFromCreateEvent(eventId);
    if (roomId === undefined && own !== undefined) return own;
    throw invalid('room_id');
  }
  if (isRoomIdWithin(roomId, rules.identifierLimit) && isHashRoomId(roomId) === rules.roomIdIsCreateEventHash)
    return roomId;
  throw invalid('room_id');
}

function senderOf(object: JsonObject, rules: RoomVersionRules): UserId {
  const sender = ownValue(object, 'sender');
  if (isUserIdWithin(sender, rules.identifierLimit)) return sender;
  throw invalid('sender');
}

/** In the events of room versions that hold it in `content` the target may be anything: it is the client's to write. */
function redactsOf(
  object: JsonObject,
  type: string,
  content: JsonObject,
  rules: RoomVersionRules,
): EventId | undefined {
  if (type !== 'm.room.redaction') return undefined;
  const redacts = ownValue(rules.redactsIn === 'content' ? content : object, 'redacts');
  return isEventId(redacts) ? redacts : undefined;
}

function references(object: JsonObject, key: string, limit: number, rules: RoomVersionRules): EventId[] {
  const value = ownValue(object, key);
  if (!Array.isArray(value)) throw invalid(key);
  if (value.length > limit)
    throw new Refusal({ code: key === 'prev_events' ? 'too_many_prev_events' : 'too_many_auth_events' });
  return value.map((item) => {
    const eventId = rules.eventReferences === 'pairs' ? firstOfPair(item) : item;
    if (isEventIdWithin(eventId, rules.identifierLimit)) return eventId;
    throw invalid(key);
  });
}

function firstOfPair(item: JsonValue): JsonValue | undefined {
  return Array.isArray(item) && item.length === 2 && isJsonObject(item[1]) ? item[0] : undefined;
}

function depthOf(object: JsonObject): number {
  const depth = ownValue(object, 'depth');
  if (typeof depth === 'number' && depth >= 0) return depth;
  if (depth instanceof RawNumber && /^\d{16,19}$/.test(depth.lexeme) && BigInt(depth.lexeme) <= MAX_OLD_DEPTH)
    return Math.min(depth.toNumber(), NEAREST_TO_MAX_OLD_DEPTH);
  throw invalid('depth');
}

function integer(object: JsonObject, key: string): number {
  const value = ownValue(object, key);
  if (typeof value === 'number') return value;
  throw invalid(key);
}

function requireHashesAndSignatures(object: JsonObject): void {
  if (typeof ownValue(objectAt(object, 'hashes'), 'sha256') !== 'string') throw invalid('hashes');
  if (!Object.values(objectAt(object, 'signatures')).every(isJsonObject)) throw invalid('signatures');
  if (ownValue(object, 'unsigned') !== undefined) objectAt(object, 'unsigned');
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = ownValue(object, key);
  if (isJsonObject(value)) return value;
  throw invalid(key);
}

/** No NUL, which nothing that is stored as text can hold. */
function shortText(object: JsonObject, key: string, rules: RoomVersionRules): string {
  const value = ownValue(object, key);
  if (typeof value === 'string' && fitsIdentifierLimit(value, rules.identifierLimit) && !value.includes('\0'))
    return value;
  throw invalid(key);
}

function invalid(key: string): Refusal {
  return new Refusal({ code: 'invalid_key', key });
}
