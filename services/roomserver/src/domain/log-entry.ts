import type { RoomLogEntry, StateChange } from '@plexus/contracts/streams/room-log';
import { canonicalJson, isJsonObject, type JsonObject, ownValue, strippedState } from '@plexus/matrix';
import type { HistoryPlace } from './history-place.ts';

export type LogEntryKind = NonNullable<RoomLogEntry['kind']>;

/** What a log entry of an event is made of, whether the event was just built or is read from the tables. */
export interface LoggedEvent {
  readonly roomId: string;
  readonly roomVersion: string;
  readonly eventId: string;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly originServerTs: number;
  readonly content: JsonObject;
  /** The PDU as canonical JSON. */
  readonly json: string;
  /** The state event that this one replaced. */
  readonly replaced: { readonly eventId: string; readonly content: JsonObject } | undefined;
  readonly deviceId: string | undefined;
  readonly transactionId: string | undefined;
  /** For the invite or knock of a user. */
  readonly strippedState: readonly StrippedSource[];
  /** What it changed in the current state; undefined: as a state event does in a room without forks, it takes its place. */
  readonly stateChanges?: readonly StateChange[] | undefined;
  /** Of history: it has no place in the timeline. */
  readonly historical?: boolean;
  readonly historyPlace?: HistoryPlace | undefined;
}

/** A state event as far as stripped state shows it. */
export interface StrippedSource {
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly content: JsonObject;
}

export function eventEntry(event: LoggedEvent): LogEntryKind {
  return {
    $case: 'event',
    value: {
      roomId: event.roomId,
      eventId: event.eventId,
      roomVersion: event.roomVersion,
      type: event.type,
      stateKey: event.stateKey,
      sender: event.sender,
      originServerTs: event.originServerTs,
      json: event.json,
      stateChanges: event.stateChanges === undefined ? ownStateChange(event) : [...event.stateChanges],
      prevContent: event.replaced === undefined ? undefined : canonicalJson(event.replaced.content),
      replacesState: event.replaced?.eventId,
      senderDeviceId: event.deviceId,
      transactionId: event.transactionId,
      strippedState: event.strippedState.map(strippedText),
      historical: event.historical ?? false,
      historyPlace: event.historyPlace,
    },
  };
}

export function redactedEntry(of: {
  readonly roomId: string;
  readonly eventId: string;
  readonly redactionEventId: string;
  readonly json: string;
}): LogEntryKind {
  return { $case: 'redacted', value: { ...of } };
}

/** What an invited or knocking user is shown of the room. Client-Server API, "Stripped state". */
export function strippedStateKeys(sender: string): (readonly [type: string, stateKey: string])[] {
  return [
    ['m.room.create', ''],
    ['m.room.name', ''],
    ['m.room.avatar', ''],
    ['m.room.topic', ''],
    ['m.room.join_rules', ''],
    ['m.room.canonical_alias', ''],
    ['m.room.encryption', ''],
    ['m.room.member', sender],
  ];
}

/** Whether the event brings somebody a look into the room from outside. */
export function showsStrippedState(type: string, content: JsonObject): boolean {
  const membership = ownValue(content, 'membership');
  return type === 'm.room.member' && (membership === 'invite' || membership === 'knock');
}

function ownStateChange({ type, stateKey, eventId, content }: LoggedEvent): StateChange[] {
  return stateKey === undefined ? [] : [{ type, stateKey, eventId, membership: membershipIn(type, content) }];
}

/** How an entry tells of a place whose event is not the entry's own; without an event the place was emptied. */
export function stateChangeOf(
  place: { readonly type: string; readonly stateKey: string },
  event: { readonly eventId: string; readonly content: JsonObject } | undefined,
): StateChange {
  if (event === undefined) return { ...place, eventId: undefined };
  const visibility =
    place.type === 'm.room.history_visibility' ? ownValue(event.content, 'history_visibility') : undefined;
  return {
    ...place,
    eventId: event.eventId,
    membership: membershipIn(place.type, event.content),
    ...(typeof visibility === 'string' && { historyVisibility: visibility }),
  };
}

function membershipIn(type: string, content: JsonObject): string | undefined {
  const membership = type === 'm.room.member' && isJsonObject(content) ? ownValue(content, 'membership') : undefined;
  return typeof membership === 'string' ? membership : undefined;
}

function strippedText({ type, stateKey, sender, content }: StrippedSource): string {
  return canonicalJson(strippedState({ type, state_key: stateKey ?? '', sender, content }));
}
