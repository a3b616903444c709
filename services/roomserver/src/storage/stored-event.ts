import type { StoredEvent } from '@plexus/contracts/roomserver';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  ownValue,
  type RoomVersionRules,
  roomVersion,
} from '@plexus/matrix';
import { eventIdOfKey } from '../domain/event-key.ts';
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
  readonly replaced: { readonly eventId: string; readonly content: JsonObject } | undefined;
}

export function readEvent(row: StoredEventRow): ReadEvent {
  const rules = rulesOfStored(row.room_version);
  const { type, stateKey, sender, originServerTs, content } = keysOf(row.json);
  const replaced =
    row.replaced_key === null || row.replaced_json === null
      ? undefined
      : {
          eventId: eventIdOfKey(row.replaced_key, rules, row.replaced_json),
          content: keysOf(row.replaced_json).content,
        };
  return {
    eventId: eventIdOfKey(row.key, rules, row.json),
    rules,
    type,
    stateKey,
    sender,
    originServerTs,
    content,
    replaced,
  };
}

export function storedEventOf(row: StoredEventRow): StoredEvent {
  const event = readEvent(row);
  const { eventId, type, stateKey, sender, originServerTs, replaced, rules } = event;
  return {
    eventId,
    roomId: row.room_id,
    roomVersion: row.room_version,
    type,
    stateKey,
    sender,
    originServerTs,
    json: row.json,
    position: row.position ?? undefined,
    redactedBy:
      row.redaction_key === null ? undefined : eventIdOfKey(row.redaction_key, rules, row.redaction_json ?? undefined),
    redactedBecause: row.redaction_json ?? undefined,
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
  const event: unknown = JSON.parse(json);
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

/** The event id of a row; `json` is looked at in room versions 1 and 2 only. */
export function eventIdOfStored(key: Buffer, version: string, json: string | null): string {
  return eventIdOfKey(key, rulesOfStored(version), json ?? undefined);
}
