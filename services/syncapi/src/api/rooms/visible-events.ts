import type { RoomState } from '@plexus/contracts/roomserver';
import { historyVisibilityOf, type JsonObject, maySeeEvent, ownValue } from '@plexus/matrix';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import type { Standing } from '../../domain/timeline-place.ts';
import { isJoinedSince, isVisible } from '../../read/room-history.ts';
import type { ReadableRoom, ReadContext } from './read-room.ts';

export interface ShownEvent {
  readonly standing: Standing;
  readonly event: TimelineEvent;
}

/**
 * Those of the events that the reader may see. Of the timeline the index says it; history came with a state of its own, which roomserver is
 * asked for, once for all of them.
 */
export async function visibleOf(
  { events: store }: ReadContext,
  room: ReadableRoom,
  shown: readonly ShownEvent[],
): Promise<ReadonlyMap<Standing, TimelineEvent>> {
  const { roomId, userId } = room;
  const history = shown.filter(({ standing }) => standing.kind === 'history');
  const keys = [
    { type: 'm.room.history_visibility', stateKey: '' },
    { type: 'm.room.member', stateKey: userId },
  ];
  const states = await store.state(
    history.map(({ event }) => ({
      roomId,
      at: { $case: 'beforeEventId', value: event.eventId },
      keys,
      types: [],
      omitMembers: false,
      members: [],
    })),
  );
  const before = new Map(history.map(({ standing }, index) => [standing, states[index]]));
  const visible = new Map<Standing, TimelineEvent>();
  for (const { standing, event } of shown) {
    const isSeen =
      standing.kind === 'timeline'
        ? isVisible(room.history, standing.position)
        : mayReadHistory(room, standing, event, before.get(standing));
    if (isSeen) visible.set(standing, event);
  }
  return visible;
}

function mayReadHistory(
  { history, userId }: ReadableRoom,
  standing: Standing,
  event: TimelineEvent,
  before: RoomState | undefined,
): boolean {
  const setsVisibility = event.type === 'm.room.history_visibility' && event.stateKey === '';
  const isOwnMembership = event.type === 'm.room.member' && event.stateKey === userId;
  return maySeeEvent({
    visibility: historyVisibilityOf(contentIn(before, 'm.room.history_visibility')),
    membership: membershipIn(contentIn(before, 'm.room.member')),
    visibilityAfter: setsVisibility ? historyVisibilityOf(event.content) : undefined,
    membershipAfter: isOwnMembership ? membershipIn(event.content) : undefined,
    joinedSince: isJoinedSince(history.memberships, standing.position),
  });
}

function contentIn(state: RoomState | undefined, type: string): JsonObject | undefined {
  const event = state?.events.find((candidate) => candidate.type === type);
  return event === undefined ? undefined : TimelineEvent.fromStored(event).content;
}

function membershipIn(content: JsonObject | undefined): string {
  const membership = content === undefined ? undefined : ownValue(content, 'membership');
  return typeof membership === 'string' ? membership : 'leave';
}
