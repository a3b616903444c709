import type { RoomEvent, RoomLogEntry, StateChange } from '@plexus/contracts/streams/room-log';
import { historyVisibilityOf, isJsonObject, ownValue, parseStoredJson } from '@plexus/matrix';
import { isMembership, memberships } from './membership.ts';
import { strippedStateOf } from './stripped-state.ts';
import { visibilities } from './visibility.ts';

/** What a batch of the room log writes into the index. Room ids are replaced by numbers when they are stored. */
export interface IndexRows {
  readonly timeline: { readonly roomId: string; readonly position: number }[];
  readonly history: {
    readonly roomId: string;
    readonly afterPosition: number;
    readonly depth: number;
    readonly position: number;
    readonly eventId: string;
  }[];
  readonly stateChanges: {
    readonly roomId: string;
    readonly position: number;
    readonly type: string;
    readonly stateKey: string;
    /** Null: the event at the position itself. */
    readonly eventId: string | null;
  }[];
  /** Of all changes of a member the last one. */
  readonly members: Map<string, MemberRow>;
  readonly localChanges: {
    readonly roomId: string;
    readonly userId: string;
    readonly position: number;
    readonly membership: number;
  }[];
  readonly visibilities: { readonly roomId: string; readonly position: number; readonly visibility: number }[];
  readonly deletedRooms: { readonly roomId: string; readonly position: number }[];
  /** Rooms of which nothing up to a position is left in the timeline. */
  readonly purged: { readonly roomId: string; readonly upTo: number }[];
  readonly forgotten: { readonly roomId: string; readonly userId: string; readonly position: number }[];
}

export interface MemberRow {
  readonly roomId: string;
  readonly userId: string;
  readonly membership: number;
  readonly position: number;
  readonly isLocal: boolean;
  readonly strippedState: string | null;
}

/** Whether the rows are places in timelines and nothing else, as those of messages are. */
export function isOnlyTimeline({ timeline, members, ...others }: IndexRows): boolean {
  return timeline.length > 0 && members.size === 0 && Object.values(others).every((list) => list.length === 0);
}

export function indexRowsOf(entries: readonly RoomLogEntry[], serverName: string): IndexRows {
  const rows: IndexRows = {
    timeline: [],
    history: [],
    stateChanges: [],
    members: new Map(),
    localChanges: [],
    visibilities: [],
    deletedRooms: [],
    purged: [],
    forgotten: [],
  };
  for (const { position, kind } of entries) {
    if (kind?.$case === 'event') addEvent(rows, position, kind.value, serverName);
    else if (kind?.$case === 'roomDeleted') rows.deletedRooms.push({ roomId: kind.value.roomId, position });
    else if (kind?.$case === 'roomForgotten') rows.forgotten.push({ ...kind.value, position });
    // Where messages stay among those that went, places of what went stay too: reading finds nothing there.
    else if (kind?.$case === 'historyPurged' && !kind.value.keepsLocal) rows.purged.push(kind.value);
  }
  return rows;
}

/**
 * A batch in parts, each of which ends with what takes rows away, if anything does: the rows of a part are written before others are taken
 * away, so what comes after must be in the next one.
 */
export function partsOf(entries: readonly RoomLogEntry[]): (readonly RoomLogEntry[])[] {
  const parts: RoomLogEntry[][] = [[]];
  for (const entry of entries) {
    parts.at(-1)?.push(entry);
    if (entry.kind !== undefined && entry.kind.$case !== 'event' && entry.kind.$case !== 'redacted') parts.push([]);
  }
  return parts.filter((part) => part.length > 0);
}

function addEvent(rows: IndexRows, position: number, event: RoomEvent, serverName: string): void {
  const { roomId } = event;
  if (!event.historical) rows.timeline.push({ roomId, position });
  else if (event.historyPlace !== undefined)
    rows.history.push({ roomId, ...event.historyPlace, position, eventId: event.eventId });
  for (const change of event.stateChanges) {
    const eventId = change.eventId === event.eventId ? null : (change.eventId ?? null);
    if (change.eventId !== undefined) {
      rows.stateChanges.push({ roomId, position, type: change.type, stateKey: change.stateKey, eventId });
    }
    if (change.type === 'm.room.member') addMember(rows, position, event, change, serverName);
    else if (change.type === 'm.room.history_visibility' && change.stateKey === '') {
      rows.visibilities.push({ roomId, position, visibility: visibilities[visibilityOf(event, change)] });
    }
  }
}

function addMember(rows: IndexRows, position: number, event: RoomEvent, change: StateChange, serverName: string): void {
  const { roomId } = event;
  const userId = change.stateKey;
  const membership = memberships[isMembership(change.membership) ? change.membership : 'leave'];
  const isLocal = userId.endsWith(`:${serverName}`);
  const strippedState = isLocal ? strippedStateOf(event, userId) || null : null;
  rows.members.set(`${roomId} ${userId}`, { roomId, userId, membership, position, isLocal, strippedState });
  if (isLocal) rows.localChanges.push({ roomId, userId, position, membership });
}

/** Of an event that is not the entry's own the change says it. Where it says nothing, the strictest is taken, so that nothing is shown by mistake. */
function visibilityOf(event: RoomEvent, change: StateChange) {
  const { historyVisibility } = change;
  if (change.eventId === undefined) return 'shared';
  if (change.eventId !== event.eventId)
    return historyVisibility === undefined ? 'joined' : historyVisibilityOf({ history_visibility: historyVisibility });
  const value: unknown = parseStoredJson(event.json);
  const content = isJsonObject(value) ? ownValue(value, 'content') : undefined;
  return historyVisibilityOf(isJsonObject(content) ? content : undefined);
}
