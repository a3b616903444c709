import type { RoomState } from '@plexus/contracts/roomserver';
import { DUMMY_EVENT_TYPE, historyVisibilityOf, type JsonObject, maySeeEvent, ownValue } from '@plexus/matrix';
import { membershipAt } from '../domain/membership.ts';
import { TimelineEvent } from '../domain/timeline-event.ts';
import type { Standing } from '../domain/timeline-place.ts';
import { isIgnored } from './ignored-users.ts';
import type { OpenRoom, ReadContext } from './open-room.ts';
import { isJoinedSince, isVisible } from './room-history.ts';

export interface StandingEvent {
  readonly standing: Standing;
  readonly event: TimelineEvent;
}

/** An event that the reader may see, with their membership at it. */
export interface VisibleEvent extends StandingEvent {
  readonly membership: string;
}

/**
 * The events that the reader may see. For events of the timeline the index decides. Backfilled events came with
 * states of their own: roomserver is asked for these, in one call for all events.
 */
export async function visibleOf(
  { events: store }: ReadContext,
  room: OpenRoom,
  found: readonly StandingEvent[],
): Promise<ReadonlyMap<Standing, VisibleEvent>> {
  const shown = found.filter(({ event }) => event.type !== DUMMY_EVENT_TYPE && !isIgnored(event, room.ignored));
  const backfilled = shown.filter(({ standing }) => standing.kind === 'history');
  const states = await store.state(backfilled.map(({ event }) => stateBefore(room, event)));
  const before = new Map(backfilled.map(({ standing }, index) => [standing, states[index]]));
  const visible = new Map<Standing, VisibleEvent>();
  for (const { standing, event } of shown) {
    const membership =
      standing.kind === 'timeline'
        ? membershipInTimeline(room, standing.position)
        : membershipInBackfill(room, standing, event, before.get(standing));
    if (membership !== undefined) visible.set(standing, { standing, event, membership });
  }
  return visible;
}

/** The reader's membership at an event of the timeline that they may see; undefined when they may not. */
function membershipInTimeline({ history }: OpenRoom, position: number): string | undefined {
  return isVisible(history, position) ? (membershipAt(history.memberships, position) ?? 'leave') : undefined;
}

/** The same for a backfilled event, by the state before it. */
function membershipInBackfill(
  { history, reader: { userId } }: OpenRoom,
  standing: Standing,
  event: TimelineEvent,
  before: RoomState | undefined,
): string | undefined {
  const setsVisibility = event.type === 'm.room.history_visibility' && event.stateKey === '';
  const isOwnMembership = event.type === 'm.room.member' && event.stateKey === userId;
  const membership = membershipIn(contentIn(before, 'm.room.member'));
  const membershipAfter = isOwnMembership ? membershipIn(event.content) : undefined;
  const maySee = maySeeEvent({
    visibility: historyVisibilityOf(contentIn(before, 'm.room.history_visibility')),
    membership,
    visibilityAfter: setsVisibility ? historyVisibilityOf(event.content) : undefined,
    membershipAfter,
    joinedSince: isJoinedSince(history.memberships, standing.position),
  });
  return maySee ? (membershipAfter ?? membership) : undefined;
}

/** The history visibility and the reader's member event in the state before an event. */
function stateBefore({ roomId, reader }: OpenRoom, { eventId }: TimelineEvent) {
  const keys = [
    { type: 'm.room.history_visibility', stateKey: '' },
    { type: 'm.room.member', stateKey: reader.userId },
  ];
  const at = { $case: 'beforeEventId', value: eventId } as const;
  return { roomId, at, keys, types: [], omitMembers: false, members: [] };
}

function contentIn(state: RoomState | undefined, type: string): JsonObject | undefined {
  const event = state?.events.find((candidate) => candidate.type === type);
  return event === undefined ? undefined : TimelineEvent.fromStored(event).content;
}

function membershipIn(content: JsonObject | undefined): string {
  const membership = content === undefined ? undefined : ownValue(content, 'membership');
  return typeof membership === 'string' ? membership : 'leave';
}
