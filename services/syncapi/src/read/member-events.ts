import { TimelineEvent } from '../domain/timeline-event.ts';
import type { OpenRoom, ReadContext } from './open-room.ts';
import type { VisibleEvent } from './visible-events.ts';

/**
 * Member events of the senders of a page, for lazy-loading clients: as they were at the page's newest event.
 */
export async function memberEvents(
  { events: store }: ReadContext,
  { roomId }: OpenRoom,
  events: readonly VisibleEvent[],
  direction: 'b' | 'f',
): Promise<TimelineEvent[]> {
  const newest = direction === 'b' ? events[0] : events.at(-1);
  if (newest === undefined) return [];
  const senders = new Set(events.map(({ event }) => event.sender));
  const [state] = await store.state([
    {
      roomId,
      at: { $case: 'afterEventId', value: newest.event.eventId },
      keys: [...senders].map((stateKey) => ({ type: 'm.room.member', stateKey })),
      types: [],
      omitMembers: false,
      members: [],
    },
  ]);
  return (state?.events ?? []).map((stored) => TimelineEvent.fromStored(stored));
}
