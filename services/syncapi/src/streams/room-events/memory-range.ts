import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { RoomMemory } from '../../memory/room-memory.ts';
import { maxScanned, type RoomRange, type StateChangeRef } from './section.ts';

/** The range of a room's log after one position and up to another, of which memory holds every event. */
export function rangeInMemory(room: RoomMemory, after: number, upTo: number): RoomRange {
  const newer = room.events.after(after);
  const inRange = (newer.at(-1)?.position ?? 0) <= upTo ? newer : newer.filter(({ position }) => position <= upTo);
  const timeline = room.purgedUpTo <= after ? inRange : inRange.filter(({ position }) => position > room.purgedUpTo);
  return {
    events: timeline.length > maxScanned ? timeline.slice(-maxScanned) : timeline,
    truncated: timeline.length > maxScanned,
    stateChanges: inRange.flatMap(stateChangesOf),
    upTo,
  };
}

function stateChangesOf(event: TimelineEvent): StateChangeRef[] {
  return event.stateChanges.flatMap(({ type, stateKey, eventId }) => {
    if (eventId === undefined) return [];
    const isOwn = eventId === event.eventId;
    return [
      {
        position: event.position,
        type,
        stateKey,
        event: isOwn ? event : undefined,
        eventId: isOwn ? undefined : eventId,
      },
    ];
  });
}
