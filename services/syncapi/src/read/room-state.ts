import type { RoomStateQuery, StateKey } from '@plexus/contracts/roomserver';
import { TimelineEvent } from '../domain/timeline-event.ts';
import { firstMemberPosition } from '../storage/timelines.ts';
import type { OpenRoom, ReadContext } from './open-room.ts';
import { now, readableFrom } from './room-history.ts';

/** Which entries of a state: those of these keys, those of these types, or all. */
export interface StateSelection {
  readonly keys?: readonly StateKey[];
  readonly types?: readonly string[];
}

/**
 * The state of the room as its reader may see it: of now, or of the end of what they may see, for example of
 * when they left.
 */
export function readableState(
  context: Pick<ReadContext, 'events'>,
  room: OpenRoom,
  selection: StateSelection,
): Promise<TimelineEvent[]> {
  return stateAt(context, room, room.readableUpTo === now ? undefined : room.readableUpTo, selection);
}

/**
 * The member events of the room at a position of the room log. Where the reader may not see the room, or the
 * room has no members yet, they get those of the next position where they may and where it has.
 */
export async function membersAt(context: ReadContext, room: OpenRoom, position: number): Promise<TimelineEvent[]> {
  const { history, roomNid, upTo } = room;
  const readable = readableFrom(history, Math.min(position, upTo)) ?? upTo;
  const populated = await firstMemberPosition(context.database, roomNid);
  return stateAt(context, room, Math.min(Math.max(readable, populated ?? 0), upTo), { types: ['m.room.member'] });
}

async function stateAt(
  { events }: Pick<ReadContext, 'events'>,
  { roomId }: OpenRoom,
  position: number | undefined,
  { keys = [], types = [] }: StateSelection,
): Promise<TimelineEvent[]> {
  const query: RoomStateQuery = { roomId, keys: [...keys], types: [...types], omitMembers: false, members: [] };
  const [state] = await events.state([
    position === undefined ? query : { ...query, at: { $case: 'atPosition', value: position } },
  ]);
  return (state?.events ?? []).map((stored) => TimelineEvent.fromStored(stored));
}
