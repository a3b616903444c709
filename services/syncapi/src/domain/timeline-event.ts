import type { StoredEvent } from '@plexus/contracts/roomserver';
import type { EventRedacted, RoomEvent, StateChange } from '@plexus/contracts/streams/room-log';
import {
  canonicalJson,
  clientEvent,
  isJsonObject,
  type JsonObject,
  ownValue,
  parseStoredJson,
  parseStrictJson,
  roomVersion,
  rulesOf,
} from '@plexus/matrix';
import type { FilteredEvent } from './filter.ts';

/** What a timeline event is made of: an entry of the room log, or roomserver's answer. */
export interface EventSource {
  readonly eventId: string;
  readonly roomId: string;
  readonly roomVersion: string;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly json: string;
  readonly prevContent: string | undefined;
  readonly replacesState: string | undefined;
  /** Id and PDU of the redaction in force. */
  readonly redaction: { readonly eventId: string; readonly json: string | undefined } | undefined;
  readonly senderDeviceId: string | undefined;
  readonly transactionId: string | undefined;
}

const noStateChanges: readonly StateChange[] = [];

/** An event of a room's timeline. Its text for clients is made when the first receiver needs it, and once. */
export class TimelineEvent implements FilteredEvent {
  readonly position: number;
  readonly eventId: string;
  readonly roomId: string;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly senderDeviceId: string | undefined;
  readonly transactionId: string | undefined;
  /** What came into the room's state by this entry. */
  readonly stateChanges: readonly StateChange[];
  #source: EventSource;
  #text: string | undefined;
  #hasUnsigned = false;
  #hasUrl = false;

  constructor(position: number, source: EventSource, stateChanges: readonly StateChange[] = noStateChanges) {
    this.position = position;
    this.eventId = source.eventId;
    this.roomId = source.roomId;
    this.type = source.type;
    this.stateKey = source.stateKey;
    this.sender = source.sender;
    this.senderDeviceId = source.senderDeviceId;
    this.transactionId = source.transactionId;
    this.stateChanges = stateChanges;
    this.#source = source;
  }

  static fromLog(position: number, event: RoomEvent): TimelineEvent {
    return new TimelineEvent(
      position,
      {
        ...event,
        stateKey: event.stateKey,
        prevContent: event.prevContent,
        replacesState: event.replacesState,
        redaction: undefined,
        senderDeviceId: event.senderDeviceId,
        transactionId: event.transactionId,
      },
      event.stateChanges,
    );
  }

  static fromStored(event: StoredEvent): TimelineEvent {
    return new TimelineEvent(event.position ?? 0, {
      eventId: event.eventId,
      roomId: event.roomId,
      roomVersion: event.roomVersion,
      type: event.type,
      stateKey: event.stateKey,
      sender: event.sender,
      json: event.json,
      prevContent: event.prevContent,
      replacesState: event.replacesState,
      redaction:
        event.redactedBy === undefined ? undefined : { eventId: event.redactedBy, json: event.redactedBecause },
      senderDeviceId: event.senderDeviceId,
      transactionId: event.transactionId,
    });
  }

  /** The event after its redaction came into force; `because` is the redaction, when it is known. */
  redacted(redaction: EventRedacted, because: TimelineEvent | undefined): TimelineEvent {
    const source = {
      ...this.#source,
      json: redaction.json,
      prevContent: undefined,
      redaction: {
        eventId: redaction.redactionEventId,
        json: because === undefined ? undefined : because.#source.json,
      },
    };
    return new TimelineEvent(this.position, source, this.stateChanges);
  }

  /** Bytes that this event keeps in memory, about: its texts at two bytes a character at worst, and the object. */
  get bytes(): number {
    return this.#source.json.length * 2 + 400;
  }

  get isRedacted(): boolean {
    return this.#source.redaction !== undefined;
  }

  get hasUrl(): boolean {
    this.#textOnce();
    return this.#hasUrl;
  }

  get content(): JsonObject | undefined {
    const content = ownValue(parsed(this.#source).object, 'content');
    return isJsonObject(content) ? content : undefined;
  }

  /** JSON for /sync: without room id and transaction id, the same for every receiver. */
  get text(): string {
    return this.#textOnce();
  }

  /** JSON with the room id, for the endpoints outside of /sync. */
  textWithRoomId(): string {
    return `{"room_id":${JSON.stringify(this.roomId)},${this.#textOnce().slice(1)}`;
  }

  /** Whether this device sent the event and must see its transaction id. */
  isEchoFor(userId: string, deviceId: string | undefined): boolean {
    return this.transactionId !== undefined && this.sender === userId && this.senderDeviceId === deviceId;
  }

  /** A text of this event with `unsigned.transaction_id`, for the device that sent it. */
  withTransactionId(text: string): string {
    const field = `"transaction_id":${JSON.stringify(this.transactionId)}`;
    if (!this.#hasUnsigned) return `${text.slice(0, -1)},"unsigned":{${field}}}`;
    return `${text.slice(0, -2)},${field}}}`;
  }

  #textOnce(): string {
    if (this.#text !== undefined) return this.#text;
    const source = this.#source;
    const { object, precise } = parsed(source);
    const unsigned = unsignedOf(source);
    const rules = roomVersion(source.roomVersion) ?? rulesOf('12');
    const content = ownValue(object, 'content');
    this.#hasUrl = isJsonObject(content) && Object.hasOwn(content, 'url');
    const event = clientEvent(object, { eventId: source.eventId, rules });
    const body = precise ? canonicalJson(event) : JSON.stringify(event);
    this.#hasUnsigned = unsigned !== '';
    this.#text = this.#hasUnsigned ? `${body.slice(0, -1)},"unsigned":{${unsigned}}}` : body;
    return this.#text;
  }
}

/** Rooms of old versions hold numbers that only the strict parser keeps as they were written. */
function parsed({ json, roomVersion: version }: EventSource): { object: JsonObject; precise: boolean } {
  if (roomVersion(version)?.numbers === 'preserved') {
    const result = parseStrictJson(json, { numbers: 'preserved', maxDepth: 1000 });
    return { object: result.ok && isJsonObject(result.value) ? result.value : {}, precise: true };
  }
  const value: unknown = parseStoredJson(json);
  return { object: isJsonObject(value) ? value : {}, precise: false };
}

function unsignedOf(source: EventSource): string {
  const fields: string[] = [];
  if (source.prevContent !== undefined) fields.push(`"prev_content":${source.prevContent}`);
  if (source.replacesState !== undefined) fields.push(`"replaces_state":${JSON.stringify(source.replacesState)}`);
  const redaction = source.redaction;
  if (redaction?.json !== undefined) {
    fields.push(`"redacted_because":${redactionText(source, redaction.eventId, redaction.json)}`);
  }
  return fields.join(',');
}

function redactionText({ roomVersion: version, roomId }: EventSource, eventId: string, json: string): string {
  const value: unknown = parseStoredJson(json);
  if (!isJsonObject(value)) return '{}';
  return JSON.stringify(clientEvent(value, { eventId, roomId, rules: roomVersion(version) ?? rulesOf('12') }));
}
