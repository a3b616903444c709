import { type JsonObject, ownValue } from '../canonical-json/json-value.ts';

export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined';

/** The visibility that the content of `m.room.history_visibility` sets: `shared` when there is none or it is not understood. */
export function historyVisibilityOf(content: JsonObject | undefined): HistoryVisibility {
  const value = content === undefined ? undefined : ownValue(content, 'history_visibility');
  return value === 'world_readable' || value === 'invited' || value === 'joined' ? value : 'shared';
}

/** What is known of an event and of the user who wants to see it. */
export type VisibilityQuestion = {
  /** In the state before the event. */
  readonly visibility: HistoryVisibility;
  /** The user's, in the state before the event; `leave` when there is none. */
  readonly membership: string;
  /** What an `m.room.history_visibility` event sets itself. */
  readonly visibilityAfter?: HistoryVisibility | undefined;
  /** What the user's own `m.room.member` event sets. */
  readonly membershipAfter?: string | undefined;
  /** Whether the user is joined now, or was at any time since the event. */
  readonly joinedSince: boolean;
};

/**
 * Whether a user may see an event. For events that change the visibility or the user's own membership either side counts.
 * Client-Server API, "Room History Visibility", "Server behaviour".
 */
export function maySeeEvent(question: VisibilityQuestion): boolean {
  const { visibility, membership, visibilityAfter = visibility, membershipAfter = membership, joinedSince } = question;
  return (
    isVisible(visibility, membership, joinedSince) ||
    isVisible(visibilityAfter, membership, joinedSince) ||
    isVisible(visibility, membershipAfter, joinedSince)
  );
}

function isVisible(visibility: HistoryVisibility, membership: string, joinedSince: boolean): boolean {
  if (visibility === 'world_readable' || membership === 'join') return true;
  if (visibility === 'shared') return joinedSince;
  return visibility === 'invited' && membership === 'invite';
}

/** What is known of an event and of a server that asks for it. */
export type ServerVisibilityQuestion = {
  readonly visibility: HistoryVisibility;
  /** The memberships of the server's users in the state before the event. */
  readonly memberships: Iterable<string>;
  /** Whether one of the server's users is joined now. */
  readonly joinedNow: boolean;
};

/** Whether a server may have an event unredacted: whether one of its users may see it. Server-Server API, "Backfilling and retrieving missing events". */
export function mayServerSeeEvent({ visibility, memberships, joinedNow }: ServerVisibilityQuestion): boolean {
  if (isVisible(visibility, 'leave', joinedNow)) return true;
  for (const membership of memberships) if (isVisible(visibility, membership, joinedNow)) return true;
  return false;
}
