import type { StoredEvent } from '@plexus/contracts/roomserver';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  ownValue,
  parseStoredJson,
  type RoomVersionRules,
  roomVersion,
} from '@plexus/matrix';
import { eventIdOfKey } from '../domain/event-key.ts';
import { unfoldJson } from '../domain/folded-json.ts';
import type { StoredEventRow } from './stored-events.ts';

/** An event as it stands in the tables, with the keys of its JSON that others ask for. */
export interface ReadEvent {
  readonly eventId: string;
  readonly rules: RoomVersionRules;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly originServerTs: number;
  readonly content: JsonObject;
  /** The PDU as canonical JSON. */
  readonly json: string;
  readonly replaced: { readonly eventId: string; readonly content: JsonObject } | undefined;
}

export function readEvent(row: StoredEventRow): ReadEvent {
  const rules = rulesOfStored(row.room_version);
  const json = unfoldJson(row.folded_json);
  const { replaced_key, replaced_folded_json } = row;
  return {
    ...keysOf(json),
    eventId: eventIdOfKey(row.key, rules, json),
    rules,
    json,
    replaced:
      replaced_key === null || replaced_folded_json === null
        ? undefined
        : replacedEvent(replaced_key, unfoldJson(replaced_folded_json), rules),
  };
}

function replacedEvent(key: Buffer, json: string, rules: RoomVersionRules): ReadEvent['replaced'] {
  return { eventId: eventIdOfKey(key, rules, json), content: keysOf(json).content };
}

export function storedEventOf(row: StoredEventRow, read: ReadEvent = readEvent(row)): StoredEvent {
  const { eventId, json, type, stateKey, sender, originServerTs, replaced, rules } = read;
  const redaction = row.redaction_folded_json === null ? undefined : unfoldJson(row.redaction_folded_json);
  return {
    eventId,
    roomId: row.room_id,
    roomVersion: row.room_version,
    type,
    stateKey,
    sender,
    originServerTs,
    json,
    position: row.position ?? undefined,
    redactedBy: row.redaction_key === null ? undefined : eventIdOfKey(row.redaction_key, rules, redaction),
    redactedBecause: redaction,
    replacesState: replaced?.eventId,
    prevContent: replaced === undefined ? undefined : canonicalJson(replaced.content),
    senderDeviceId: row.device_id ?? undefined,
    transactionId: row.transaction_id ?? undefined,
  };
}

/** The keys of a PDU that was checked before it was stored. */
export function keysOf(json: string): {
  type: string;
  stateKey: string | undefined;
  sender: string;
  originServerTs: number;
  content: JsonObject;
} {
  const event: unknown = parseStoredJson(json);
  if (!isJsonObject(event)) throw new Error('a stored event is no object');
  const type = ownValue(event, 'type');
  const stateKey = ownValue(event, 'state_key');
  const sender = ownValue(event, 'sender');
  const originServerTs = ownValue(event, 'origin_server_ts');
  const content = ownValue(event, 'content');
  if (
    typeof type !== 'string' ||
    typeof sender !== 'string' ||
    typeof originServerTs !== 'number' ||
    !isJsonObject(content)
  )
    throw new Error('a stored event lacks a key');
  return { type, stateKey: typeof stateKey === 'string' ? stateKey : undefined, sender, originServerTs, content };
}

function rulesOfStored(version: string): RoomVersionRules {
  const rules = roomVersion(version);
  if (rules === undefined) throw new Error('a stored room of an unknown version');
  return rules;
}

/** The event id of a row; the body is looked at in room versions 1 and 2 only. */
export function eventIdOfStored(key: Buffer, version: string, foldedJson: string | null): string {
  const rules = rulesOfStored(version);
  return eventIdOfKey(
    key,
    rules,
    rules.eventIds === 'explicit' && foldedJson !== null ? unfoldJson(foldedJson) : undefined,
  );
}
