import type {
  EventRedacted,
  HistoryPurged,
  RoomEvent,
  RoomLogEntry,
  StateChange,
} from '@plexus/contracts/streams/room-log';
import { isMembership } from '../../domain/membership.ts';
import { strippedStateOf } from '../../domain/stripped-state.ts';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import type { MemoryIndex, Woken } from '../../memory/memory-index.ts';
import type { Listener, RoomMemory } from '../../memory/room-memory.ts';
import { traceparentsOf } from '../traceparents.ts';

/** Where else events are kept, which redactions and removals must reach. */
export interface EventCopies {
  redacted(redaction: EventRedacted): void;
  /** Events of the room up to this position are purged, or all of it is deleted. */
  gone(roomId: string, upTo: number): void;
}

/** Takes a batch of the room log into memory, in one go. @returns the users whom it concerns */
export function applyRoomLog(memory: MemoryIndex, copies: EventCopies, entries: readonly RoomLogEntry[]): Woken {
  const users = new Set<Listener>();
  const unknown = entries.filter(({ position }) => position > memory.position.room);
  for (const { position, kind } of unknown) {
    if (kind?.$case === 'event') applyEvent(memory, position, kind.value, users);
    else if (kind?.$case === 'redacted') applyRedaction(memory, copies, kind.value);
    else if (kind?.$case === 'roomDeleted') deleteRoom(memory, copies, kind.value.roomId, position, users);
    else if (kind?.$case === 'historyPurged') purge(memory, copies, kind.value);
    memory.advanceTo('room', position);
  }
  return { users, traceparents: traceparentsOf(unknown) };
}

function applyEvent(memory: MemoryIndex, position: number, event: RoomEvent, users: Set<Listener>): void {
  const room = memory.room(event.roomId);
  room.changed();
  for (const user of room.listeners) touch(user, position, users);
  const timelineEvent = TimelineEvent.fromLog(position, event);
  for (const change of event.stateChanges) {
    if (change.type === 'm.room.member') applyMembership(memory, room, timelineEvent, event, change, users);
  }
  if (event.historical) return;
  room.lastEvent = position;
  memory.events.add(room.events, timelineEvent, timelineEvent.bytes);
}

function applyMembership(
  memory: MemoryIndex,
  room: RoomMemory,
  timelineEvent: TimelineEvent,
  event: RoomEvent,
  change: StateChange,
  users: Set<Listener>,
): void {
  const { position } = timelineEvent;
  room.memberChanged(change.stateKey, change.eventId === event.eventId ? timelineEvent : undefined, position);
  const user = memory.users.get(change.stateKey);
  if (user === undefined) return;
  const membership = isMembership(change.membership) ? change.membership : 'leave';
  user.change(room, membership, position, strippedStateOf(event, change.stateKey));
  touch(user, position, users);
}

function applyRedaction(memory: MemoryIndex, copies: EventCopies, redaction: EventRedacted): void {
  const room = memory.room(redaction.roomId);
  room.changed();
  const because = room.events.find((candidate) => candidate.eventId === redaction.redactionEventId);
  for (const event of room.events.after(0))
    if (event.isChangedBy(redaction)) room.events.replace(event.redacted(redaction, because));
  room.updateMembers((member) => (member.isChangedBy(redaction) ? member.redacted(redaction, because) : member));
  copies.redacted(redaction);
}

/** State events leave the timeline, but clients that have not got their changes of the state still do. */
function purge(memory: MemoryIndex, copies: EventCopies, { roomId, upTo, keepsLocal }: HistoryPurged): void {
  copies.gone(roomId, upTo);
  const room = memory.knownRoom(roomId);
  // Which messages stay of a purge that spares some is for roomserver to say.
  if (room === undefined || keepsLocal) return;
  room.changed();
  room.events.removeUpTo(upTo, ({ stateKey }) => stateKey === undefined);
  room.purgedUpTo = upTo;
}

function deleteRoom(
  memory: MemoryIndex,
  copies: EventCopies,
  roomId: string,
  position: number,
  users: Set<Listener>,
): void {
  copies.gone(roomId, Number.MAX_SAFE_INTEGER);
  const room = memory.knownRoom(roomId);
  if (room === undefined) return;
  for (const user of memory.deleteRoom(room, position)) users.add(user);
}

function touch(user: Listener, position: number, users: Set<Listener>): void {
  user.touch('room', position);
  users.add(user);
}
