import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { emptyJsonObject, isJsonObject, type JsonObject, ownValue } from '../canonical-json/json-value.ts';
import { parseStoredJson } from '../canonical-json/stored-json.ts';
import { parseStrictJson } from '../canonical-json/strict-json.ts';
import { selectPaths } from '../property-path/property-path.ts';
import { roomVersion, rulesOf } from '../room-versions/room-versions.ts';
import { clientEvent } from './client-event.ts';

/** An event as the server keeps it, with what its `unsigned` is made of. */
export interface KeptEvent {
  readonly eventId: string;
  readonly roomId: string;
  readonly roomVersion: string;
  /** The PDU, redacted if a redaction is in force. */
  readonly json: string;
  /** Milliseconds. */
  readonly originServerTs: number;
  /** Of a state event: the content of the event that it replaced, a JSON object. */
  readonly prevContent?: string | undefined;
  readonly replacesState?: string | undefined;
  /** Id and PDU of the redaction in force. */
  readonly redaction?: { readonly eventId: string; readonly json: string | undefined } | undefined;
}

/** How a client wants events to be written. Client-server API, "Filtering". */
export interface EventStyle {
  /** Not in /sync, where the room is known from the event's place in the response. */
  readonly withRoomId: boolean;
  /** `federation`: the PDU with its event id, as servers exchange it. */
  readonly format: 'client' | 'federation';
  /** Paths of the keys to write; undefined for all. */
  readonly fields: readonly (readonly string[])[] | undefined;
}

/** What `unsigned` holds for one receiver. */
export interface EventReceiver {
  /** Milliseconds, for `age`; without it there is none. */
  readonly now?: number | undefined;
  /** The receiver's membership in the room at the event (MSC4115). */
  readonly membership?: string | undefined;
  /** For the device that sent the event. */
  readonly transactionId?: string | undefined;
}

/** The style of the endpoints outside of /sync. */
export const clientStyle: EventStyle = { withRoomId: true, format: 'client', fields: undefined };

/**
 * The JSON of an event as clients get it. What all receivers share is serialised once, when it is first
 * needed; what one receiver alone gets is spliced in. Client-server API, "Room event format", ClientEvent.
 */
export class ClientEventText {
  readonly #event: KeptEvent;
  #content: JsonObject | undefined;
  #shared: { readonly body: string; readonly unsigned: string } | undefined;

  constructor(event: KeptEvent) {
    this.#event = event;
  }

  get content(): JsonObject {
    this.#content ??= contentOf(parsedPdu(this.#event).pdu);
    return this.#content;
  }

  /** The content alone, as JSON. */
  get contentText(): string {
    const { pdu, isPrecise } = parsedPdu(this.#event);
    return isPrecise ? canonicalJson(contentOf(pdu)) : JSON.stringify(contentOf(pdu));
  }

  text(style: EventStyle, receiver: EventReceiver): string {
    if (style.format !== 'client' || style.fields !== undefined) return styledText(this.#event, style, receiver);
    this.#shared ??= sharedTextOf(this.#event);
    const { body, unsigned } = this.#shared;
    const opening = style.withRoomId ? `{"room_id":${JSON.stringify(this.#event.roomId)},${body.slice(1)}` : body;
    const fields = ownUnsigned(this.#event, receiver);
    if (fields === '' && unsigned === '') return `${opening}}`;
    return `${opening},"unsigned":{${fields === '' ? unsigned.slice(1) : fields + unsigned}}}`;
  }
}

/**
 * The event without its closing brace, and the fields of `unsigned` that are the same for all, each with a
 * comma before it.
 */
function sharedTextOf(event: KeptEvent): { body: string; unsigned: string } {
  const { eventId, roomVersion: version, prevContent, replacesState } = event;
  const { pdu, isPrecise } = parsedPdu(event);
  const object = clientEvent(pdu, { eventId, rules: rulesFor(version) });
  const body = isPrecise ? canonicalJson(object) : JSON.stringify(object);
  let unsigned = '';
  if (prevContent !== undefined) unsigned += `,"prev_content":${prevContent}`;
  if (replacesState !== undefined) unsigned += `,"replaces_state":${JSON.stringify(replacesState)}`;
  const redaction = redactionOf(event);
  if (redaction !== undefined)
    unsigned += `,"redacted_because":${isPrecise ? canonicalJson(redaction) : JSON.stringify(redaction)}`;
  return { body: body.slice(0, -1), unsigned };
}

/** The fields of `unsigned` for one receiver. */
function ownUnsigned(event: KeptEvent, { now, membership, transactionId }: EventReceiver): string {
  const fields: string[] = [];
  if (now !== undefined) fields.push(`"age":${ageOf(event, now)}`);
  if (membership !== undefined) fields.push(`"membership":${JSON.stringify(membership)}`);
  if (transactionId !== undefined) fields.push(`"transaction_id":${JSON.stringify(transactionId)}`);
  return fields.join(',');
}

/** The text in a style that few ask for, made for each receiver. */
function styledText(event: KeptEvent, style: EventStyle, receiver: EventReceiver): string {
  const { eventId, roomId, roomVersion: version } = event;
  const { pdu, isPrecise } = parsedPdu(event);
  const unsigned = unsignedObject(event, receiver);
  const whole =
    style.format === 'federation'
      ? Object.assign(emptyJsonObject(), pdu, { event_id: eventId, unsigned })
      : clientEvent(pdu, { eventId, rules: rulesFor(version), unsigned, ...(style.withRoomId && { roomId }) });
  const object = style.fields === undefined ? whole : selectPaths(whole, style.fields);
  return isPrecise ? canonicalJson(object) : JSON.stringify(object);
}

function unsignedObject(event: KeptEvent, { now, membership, transactionId }: EventReceiver): JsonObject {
  const unsigned = emptyJsonObject();
  if (now !== undefined) unsigned['age'] = ageOf(event, now);
  if (membership !== undefined) unsigned['membership'] = membership;
  if (transactionId !== undefined) unsigned['transaction_id'] = transactionId;
  if (event.prevContent !== undefined)
    unsigned['prev_content'] = parsedObject(event.prevContent, event.roomVersion).object;
  if (event.replacesState !== undefined) unsigned['replaces_state'] = event.replacesState;
  const redaction = redactionOf(event);
  if (redaction !== undefined) unsigned['redacted_because'] = redaction;
  return unsigned;
}

function redactionOf({ redaction, roomId, roomVersion: version }: KeptEvent): JsonObject | undefined {
  if (redaction?.json === undefined) return undefined;
  const { object } = parsedObject(redaction.json, version);
  return clientEvent(object, { eventId: redaction.eventId, roomId, rules: rulesFor(version) });
}

/** Never negative: the clock of the event's server may be ahead. */
function ageOf({ originServerTs }: KeptEvent, now: number): number {
  return Math.max(0, now - originServerTs);
}

function parsedPdu({ json, roomVersion: version }: KeptEvent): { pdu: JsonObject; isPrecise: boolean } {
  const { object, isPrecise } = parsedObject(json, version);
  return { pdu: object, isPrecise };
}

/** Rooms of old versions hold numbers that only the strict parser keeps as they were written. */
function parsedObject(json: string, version: string): { object: JsonObject; isPrecise: boolean } {
  if (roomVersion(version)?.numbers === 'preserved') {
    const result = parseStrictJson(json, { numbers: 'preserved', maxDepth: 1000 });
    return { object: result.ok && isJsonObject(result.value) ? result.value : emptyJsonObject(), isPrecise: true };
  }
  const value: unknown = parseStoredJson(json);
  return { object: isJsonObject(value) ? value : emptyJsonObject(), isPrecise: false };
}

function contentOf(pdu: JsonObject): JsonObject {
  const content = ownValue(pdu, 'content');
  return isJsonObject(content) ? content : emptyJsonObject();
}

function rulesFor(version: string) {
  return roomVersion(version) ?? rulesOf('12');
}
