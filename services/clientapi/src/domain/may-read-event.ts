import type { StoredEvent } from '@plexus/contracts/roomserver';
import { DUMMY_EVENT_TYPE, historyVisibilityOf, maySeeEvent, type UserId } from '@plexus/matrix';
import { contentOf, jsonObject, membershipOf } from './present-event.ts';

export interface ReadQuestion {
  readonly event: StoredEvent;
  readonly userId: UserId;
  /** History visibility and the user's member event, before the event. */
  readonly before: readonly StoredEvent[];
  /** The same, now. */
  readonly now: readonly StoredEvent[];
}

/** Whether a user may read one event. Client-server API, "Room history visibility". */
export function mayReadEvent({ event, userId, before, now }: ReadQuestion): boolean {
  if (event.type === DUMMY_EVENT_TYPE) return false;
  const setsVisibility = event.type === 'm.room.history_visibility' && event.stateKey === '';
  const isOwnMembership = event.type === 'm.room.member' && event.stateKey === userId;
  const visibilityEvent = entry(before, 'm.room.history_visibility', '');
  return maySeeEvent({
    visibility: historyVisibilityOf(visibilityEvent === undefined ? undefined : contentOf(visibilityEvent)),
    membership: membershipIn(before, userId),
    visibilityAfter: setsVisibility ? historyVisibilityOf(contentOf(event)) : undefined,
    membershipAfter: isOwnMembership ? (membershipOf(contentOf(event)) ?? 'leave') : undefined,
    joinedSince: wasJoinedSince(event, entry(now, 'm.room.member', userId)),
  });
}

/** Joined now; or left after the event, having been joined until then. */
function wasJoinedSince(event: StoredEvent, own: StoredEvent | undefined): boolean {
  if (own === undefined) return false;
  if (membershipOf(contentOf(own)) === 'join') return true;
  const leftLater = own.position !== undefined && event.position !== undefined && own.position > event.position;
  return leftLater && own.prevContent !== undefined && membershipOf(jsonObject(own.prevContent)) === 'join';
}

function membershipIn(events: readonly StoredEvent[], userId: UserId): string {
  const own = entry(events, 'm.room.member', userId);
  return (own === undefined ? undefined : membershipOf(contentOf(own))) ?? 'leave';
}

function entry(events: readonly StoredEvent[], type: string, stateKey: string): StoredEvent | undefined {
  return events.find((event) => event.type === type && event.stateKey === stateKey);
}
