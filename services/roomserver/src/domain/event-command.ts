import type { SendEvent } from '@plexus/contracts/roomserver';
import {
  type EventId,
  isEventId,
  isJsonObject,
  isUserId,
  type JsonObject,
  ownValue,
  parseRequestJson,
  type Result,
  type UserId,
} from '@plexus/matrix';
import type { MembershipOperation } from './membership-operation.ts';
import type { Refusal } from './refusal.ts';

/** A local event that somebody wants sent, checked as far as it can be without its room. */
export interface EventCommand {
  readonly sender: UserId;
  readonly type: string;
  /** Undefined for events that are not state. */
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
  /** What a member event is meant to do; undefined where a client set the state itself, which then says it. */
  readonly operation?: MembershipOperation;
  readonly transaction: { readonly deviceId: string; readonly transactionId: string } | undefined;
  /** What a repeat of the call has in common with it, where there is no transaction. */
  readonly requestKey?: string | undefined;
  /** Milliseconds; undefined: now. */
  readonly originServerTs: number | undefined;
  /** What an `m.room.redaction` redacts. */
  readonly redacts: EventId | undefined;
  /** W3C trace context of the caller; empty when not sampled. */
  readonly traceparent: string;
}

/** A state event that this server sends on behalf of a user as a part of something larger. */
export function stateCommand(
  event: Pick<EventCommand, 'sender' | 'type' | 'content' | 'traceparent'> & { readonly stateKey: string },
): EventCommand {
  return { ...event, transaction: undefined, originServerTs: undefined, redacts: undefined };
}

/** No event is larger, so no content is. */
const MAX_CONTENT_BYTES = 65_536;
/** Device and transaction ids are kept beside the event until it is cold. */
const MAX_ID_LENGTH = 512;

export function parseEventCommand(request: SendEvent, traceparent: string): Result<EventCommand, Refusal> {
  const { sender, type, stateKey, deviceId, transactionId, originServerTs } = request;
  if (!isUserId(sender)) return refuse({ kind: 'invalid_parameter', parameter: 'sender' });
  if (type === '' || !isStorable(type)) return refuse({ kind: 'invalid_parameter', parameter: 'eventType' });
  if (stateKey !== undefined && !isStorable(stateKey))
    return refuse({ kind: 'invalid_parameter', parameter: 'stateKey' });
  if (transactionId !== undefined && !isStorableId(transactionId))
    return refuse({ kind: 'invalid_parameter', parameter: 'txnId' });
  if (deviceId !== undefined && !isStorableId(deviceId))
    return refuse({ kind: 'invalid_parameter', parameter: 'device' });
  if (originServerTs !== undefined && !isTimestamp(originServerTs))
    return refuse({ kind: 'invalid_parameter', parameter: 'ts' });
  const content = parseContent(request.content);
  if (!content.ok) return content;
  const redacts = redactsOf(request, content.value);
  if (!redacts.ok) return redacts;
  const transaction = transactionId === undefined ? undefined : { deviceId: deviceId ?? '', transactionId };
  return {
    ok: true,
    value: {
      sender,
      type,
      stateKey,
      content: content.value,
      transaction,
      originServerTs,
      redacts: redacts.value,
      traceparent,
    },
  };
}

/** The content of an event: a JSON object with numbers that canonical JSON can hold. */
export function parseContent(text: string): Result<JsonObject, Refusal> {
  const bytes = Buffer.from(text);
  if (bytes.length > MAX_CONTENT_BYTES) return refuse({ kind: 'not_buildable', reason: 'event_too_large' });
  const parsed = parseRequestJson(bytes, { numbers: 'canonical' });
  if (!parsed.ok) return refuse({ kind: 'invalid_json', error: parsed.error });
  return isJsonObject(parsed.value)
    ? { ok: true, value: parsed.value }
    : refuse({ kind: 'invalid_json', error: undefined });
}

/** A client names the target in the path, or in the content, where room version 11 has it. */
function redactsOf({ type, redacts }: SendEvent, content: JsonObject): Result<EventId | undefined, Refusal> {
  if (type !== 'm.room.redaction') return { ok: true, value: undefined };
  const target = redacts ?? ownValue(content, 'redacts');
  if (target === undefined) return refuse({ kind: 'missing_parameter', parameter: 'redacts' });
  return isEventId(target) ? { ok: true, value: target } : refuse({ kind: 'invalid_parameter', parameter: 'redacts' });
}

/** PostgreSQL's text takes no U+0000, and event JSON no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Names that could be in the database at all; asking for others would be an error there. */
export function storableOnly(names: readonly string[]): string[] {
  return names.filter(isStorable);
}

function isStorableId(text: string): boolean {
  return text.length <= MAX_ID_LENGTH && isStorable(text);
}

function isTimestamp(milliseconds: number): boolean {
  return Number.isSafeInteger(milliseconds) && milliseconds >= 0;
}

function refuse<Value>(refusal: Refusal): Result<Value, Refusal> {
  return { ok: false, error: refusal };
}
