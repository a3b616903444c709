import { clientStyle } from '@plexus/matrix';
import { membershipAtEvents } from '../domain/membership.ts';
import type { TimelineEvent } from '../domain/timeline-event.ts';
import type { OpenRoom, ReadContext } from './open-room.ts';
import type { VisibleEvent } from './visible-events.ts';

/** Writes events of a room for its reader. */
export interface Presenter {
  text(event: VisibleEvent): string;
  /** Of an event out of a state of the room. */
  stateText(event: TimelineEvent): string;
}

export function presenterFor({ clock }: Pick<ReadContext, 'clock'>, { history, reader }: OpenRoom): Presenter {
  const now = clock.now();
  const membershipAt = membershipAtEvents(history.memberships);
  const text = (event: TimelineEvent, membership: string | undefined) => {
    const transactionId = event.transactionIdFor(reader.userId, reader.deviceId);
    return event.textFor(clientStyle, { now, membership, transactionId });
  };
  return {
    text: ({ event, membership }) => text(event, membership),
    stateText: (event) => text(event, membershipAt(event)),
  };
}
