import type { StateDialect } from '../../domain/section-style.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import type { RoomSection } from './section.ts';

/**
 * Users whose member events a lazy-loading client needs to display the timeline: senders whom neither the state nor an earlier event of the
 * timeline has introduced. Client-server API, "Lazy-loading room members".
 */
export function unintroducedSenders({ timeline, state }: RoomSection, dialect: StateDialect): readonly string[] {
  const introduced = membersIn(state);
  const needed = new Set<string>();
  for (const event of timeline) {
    // A client that gets the state after the timeline does not take members from the timeline.
    if (dialect === 'state' && isMemberEvent(event)) introduced.add(event.stateKey ?? '');
    if (!introduced.has(event.sender)) needed.add(event.sender);
  }
  return [...needed];
}

export function isMemberEvent(event: TimelineEvent): boolean {
  return event.type === 'm.room.member' && event.stateKey !== undefined;
}

export function membersIn(events: readonly TimelineEvent[]): Set<string> {
  const users = new Set<string>();
  for (const event of events) if (isMemberEvent(event)) users.add(event.stateKey ?? '');
  return users;
}
