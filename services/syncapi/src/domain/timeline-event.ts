import type { StoredEvent } from '@plexus/contracts/roomserver';
import type { EventRedacted, RoomEvent, StateChange } from '@plexus/contracts/streams/room-log';
import {
  ClientEventText,
  type EventReceiver,
  type EventStyle,
  isJsonObject,
  type JsonObject,
  type KeptEvent,
  ownValue,
  parseStoredJson,
} from '@plexus/matrix';
import type { FilteredEvent } from './filter.ts';

/** What a timeline event is made of: an entry of the room log, or roomserver's answer. */
export interface EventSource extends KeptEvent {
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
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
  readonly #source: EventSource;
  readonly #text: ClientEventText;

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
    this.#text = new ClientEventText(source);
  }

  static fromLog(position: number, event: RoomEvent): TimelineEvent {
    return new TimelineEvent(
      position,
      {
        ...event,
        stateKey: event.stateKey,
        senderDeviceId: event.senderDeviceId,
        transactionId: event.transactionId,
        redaction: undefined,
      },
      event.stateChanges,
    );
  }

  static fromStored(event: StoredEvent): TimelineEvent {
    return new TimelineEvent(event.position ?? 0, {
      ...event,
      stateKey: event.stateKey,
      senderDeviceId: event.senderDeviceId,
      transactionId: event.transactionId,
      redaction:
        event.redactedBy === undefined ? undefined : { eventId: event.redactedBy, json: event.redactedBecause },
    });
  }

  /**
   * Whether a redaction changes this event: it is the one that was redacted, or the one that replaced it in
   * the room's state.
   */
  isChangedBy({ eventId }: EventRedacted): boolean {
    return this.eventId === eventId || this.replacesState === eventId;
  }

  /**
   * The event after a redaction that changes it came into force; `because` is the redaction, when it is
   * known.
   */
  redacted(redaction: EventRedacted, because: TimelineEvent | undefined): TimelineEvent {
    const isReplaced = this.eventId !== redaction.eventId;
    const source = isReplaced
      ? { ...this.#source, prevContent: JSON.stringify(contentIn(redaction.json)) }
      : {
          ...this.#source,
          json: redaction.json,
          redaction: {
            eventId: redaction.redactionEventId,
            json: because === undefined ? undefined : because.#source.json,
          },
        };
    return new TimelineEvent(this.position, source, this.stateChanges);
  }

  /**
   * Bytes that this event keeps in memory, about: its texts at two bytes a character at worst, and the
   * object.
   */
  get bytes(): number {
    return this.#source.json.length * 2 + 400;
  }

  get isRedacted(): boolean {
    return this.#source.redaction !== undefined;
  }

  /** Of a state event: the id of the one that it replaced. */
  get replacesState(): string | undefined {
    return this.#source.replacesState;
  }

  get hasUrl(): boolean {
    return Object.hasOwn(this.content, 'url');
  }

  get content(): JsonObject {
    return this.#text.content;
  }

  /** The content as JSON. */
  get contentText(): string {
    return this.#text.contentText;
  }

  /** JSON for one receiver. */
  textFor(style: EventStyle, receiver: EventReceiver): string {
    return this.#text.text(style, receiver);
  }

  /** The transaction id that this device sent the event with. */
  transactionIdFor(userId: string, deviceId: string | undefined): string | undefined {
    return this.sender === userId && this.senderDeviceId === deviceId ? this.transactionId : undefined;
  }
}

function contentIn(pdu: string): JsonObject {
  const value: unknown = parseStoredJson(pdu);
  const content = isJsonObject(value) ? ownValue(value, 'content') : undefined;
  return isJsonObject(content) ? content : {};
}
