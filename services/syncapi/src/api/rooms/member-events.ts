import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { ReadableRoom, ReadContext } from './read-room.ts';

/** Member events of the senders of a page, for lazy-loading clients: as they were at the page's newest event. */
export async function memberEvents(
  { events: store }: ReadContext,
  { roomId }: ReadableRoom,
  events: readonly TimelineEvent[],
  direction: 'b' | 'f',
): Promise<string[]> {
  const newest = direction === 'b' ? events[0] : events.at(-1);
  if (newest === undefined) return [];
  const [state] = await store.state([
    {
      roomId,
      at: { $case: 'afterEventId', value: newest.eventId },
      keys: [...new Set(events.map((event) => event.sender))].map((stateKey) => ({ type: 'm.room.member', stateKey })),
      types: [],
      omitMembers: false,
      members: [],
    },
  ]);
  return store.present(state?.events ?? []);
}
