import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { RoomMemory } from '../../memory/room-memory.ts';
import type { SyncQuery } from '../stream.ts';
import type { RoomNews } from './room-news.ts';
import { stateBaseOf } from './section.ts';
import { heroesFor } from './summary.ts';

/** The member events of one room for a lazy-loading client, as far as memory has them. */
export interface NeededMembers {
  readonly known: readonly TimelineEvent[];
  /** Users whose member events memory does not have, or not as they were at the position. */
  readonly missing: readonly string[];
  /** Where in the room log the client needs the members: at the start of the timeline, or after it by dialect. */
  readonly position: number;
}

/** The members that a lazy-loading client needs beside the section of a room that it knows: senders and heroes. */
export function membersFor(
  { delta, summary }: Pick<RoomNews, 'delta' | 'summary'>,
  room: RoomMemory | undefined,
  { user, filter, session, dialect, upTo }: SyncQuery,
): NeededMembers {
  const { section, roomId } = delta;
  const position = stateBaseOf(section, dialect, upTo.room);
  const known: TimelineEvent[] = [];
  const missing: string[] = [];
  if (!filter.state.lazyLoadMembers) return { known, missing, position };
  const sent = filter.state.includeRedundantMembers ? undefined : session.membersOf(roomId);
  const heroes = summary === undefined ? [] : heroesFor(summary, user.userId).filter((hero) => !delta.shows(hero));
  for (const userId of new Set([...delta.senders, ...heroes])) {
    // What the device was sent stays true until a change of it is sent: state changes come whole, whatever the client loads lazily.
    if (sent?.has(userId) === true) continue;
    const event = room?.memberAt(userId, position);
    if (event === undefined) missing.push(userId);
    else if (filter.state.matches(event)) known.push(event);
  }
  return { known, missing, position };
}
