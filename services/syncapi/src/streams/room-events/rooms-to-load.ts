import { membershipAtEvents } from '../../domain/membership.ts';
import type { TimelineEvent } from '../../domain/timeline-event.ts';
import { isVisible, type RoomHistory, readableUpTo } from '../../read/room-history.ts';
import { readMembershipChanges } from '../../storage/memberships.ts';
import { readVisibilities } from '../../storage/timelines.ts';
import type { SyncSources } from '../sources.ts';
import type { SyncQuery } from '../stream.ts';
import type { IndexRange } from './load-ranges.ts';

/** A room whose part is loaded: which range of its log, and whether the client needs its whole state. */
export interface RoomToLoad extends IndexRange {
  readonly membership: 'join' | 'leave';
  /** State up to this position: earlier than the end of the timeline when the user had ceased to be joined. */
  readonly stateUpTo: number;
  readonly needsWholeState: boolean;
  /** The user's membership at an event; undefined when they were joined through all of the range. */
  readonly membershipAt?: (event: TimelineEvent) => string | undefined;
  /** The client may have an older piece of the timeline, which this one does not continue. */
  readonly hasGapBefore: boolean;
}

/** The rooms of a sync with their numbers in the index and what the user may see of them. */
export async function roomsToLoad(
  sources: SyncSources,
  { user, rooms, since, upTo }: SyncQuery,
): Promise<RoomToLoad[]> {
  const stayed = since === undefined ? [] : [...rooms.stayed];
  const left = rooms.ended.flatMap(({ roomId, joined, upTo: endedAt }) =>
    joined === undefined ? [] : [{ roomId, joined, endedAt }],
  );
  const roomIds = [...stayed, ...rooms.entered.map(({ room }) => room), ...left].map(({ roomId }) => roomId);
  const numbers = await sources.numbers.find(sources.database, roomIds);
  const historyOf = await readHistories(sources, user.userId, [
    ...numbersOf(
      numbers,
      rooms.entered.map(({ room }) => room.roomId),
    ),
    ...numbersOf(
      numbers,
      left.map(({ roomId }) => roomId),
    ),
  ]);
  const found: RoomToLoad[] = [];
  const add = (roomId: string, made: (roomNid: number) => Omit<RoomToLoad, 'roomId' | 'roomNid'>) => {
    const roomNid = numbers.get(roomId);
    if (roomNid !== undefined) found.push({ roomId, roomNid, ...made(roomNid) });
  };
  const joined = { upTo: upTo.room, stateUpTo: upTo.room, membership: 'join' } as const;
  for (const { roomId } of stayed) {
    const after = since?.room ?? 0;
    add(roomId, () => ({ ...joined, after, maySee: undefined, needsWholeState: false, hasGapBefore: false }));
  }
  for (const { room, after } of rooms.entered) {
    const hasGapBefore = since !== undefined && after === 0;
    add(room.roomId, (nid) => ({
      ...joined,
      after,
      maySee: visibleIn(historyOf(nid)),
      membershipAt: membershipAtEvents(historyOf(nid).memberships),
      needsWholeState: true,
      hasGapBefore,
    }));
  }
  for (const { roomId, joined: stay, endedAt } of left) {
    add(roomId, (nid) => ({
      after: stay.after ?? 0,
      upTo: endedAt,
      stateUpTo: stay.leftAt,
      maySee: visibleToLeaver(historyOf(nid), user.userId, endedAt),
      membershipAt: membershipAtEvents(historyOf(nid).memberships),
      needsWholeState: stay.after === undefined,
      hasGapBefore: since !== undefined && stay.after === undefined,
      membership: 'leave',
    }));
  }
  return found;
}

function numbersOf(numbers: ReadonlyMap<string, number>, roomIds: readonly string[]): number[] {
  return roomIds.flatMap((roomId) => numbers.get(roomId) ?? []);
}

async function readHistories(
  { database }: SyncSources,
  userId: string,
  roomNids: readonly number[],
): Promise<(roomNid: number) => RoomHistory> {
  if (roomNids.length === 0) return () => ({ memberships: [], visibilities: [] });
  const [memberships, visibilities] = await Promise.all([
    readMembershipChanges(database, userId, roomNids),
    readVisibilities(database, roomNids),
  ]);
  return (roomNid) => ({
    memberships: memberships.get(roomNid) ?? [],
    visibilities: visibilities.get(roomNid) ?? [],
  });
}

function visibleIn(history: RoomHistory): (event: TimelineEvent) => boolean {
  return ({ position }) => isVisible(history, position);
}

/** What every other read shows of a room that was left, and the user's own last membership: a client must learn of it. */
function visibleToLeaver(history: RoomHistory, userId: string, endedAt: number): (event: TimelineEvent) => boolean {
  const readable = readableUpTo(history) ?? 0;
  return ({ position, type, stateKey }) =>
    (position === endedAt && type === 'm.room.member' && stateKey === userId) ||
    (position <= readable && isVisible(history, position));
}
