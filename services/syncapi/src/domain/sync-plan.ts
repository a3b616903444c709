import type { MemoryIndex } from '../memory/memory-index.ts';
import type { RoomMemory } from '../memory/room-memory.ts';
import type { RememberedMembership, UserMemory } from '../memory/user-memory.ts';
import { lastLeaving } from '../read/room-history.ts';
import type { SyncPosition } from './sync-token.ts';

/** A room whose events must be looked up: the user came in since, or memory does not reach back so far. */
export interface RoomToLoad {
  readonly room: RoomMemory;
  /** Events after this position; undefined: the newest, as the user may see them, with the whole state. */
  readonly from: number | undefined;
  /** With `from` undefined: the timeline begins after this position all the same (`full_state` of a client that goes on). */
  readonly timelineFrom?: number | undefined;
  /** Events up to this position: the place of the sync, or where the user left. */
  readonly upTo: number;
}

/** A room that the user was never in since the last sync: only their own membership, at this position, is theirs to know. */
export interface DeclinedRoom {
  readonly room: RoomMemory;
  readonly position: number;
}

/** What an incremental sync has to tell, room by room. */
export interface SyncPlan {
  /** Joined, then and now. */
  readonly changed: RoomMemory[];
  readonly joinedToLoad: RoomToLoad[];
  readonly invited: RememberedMembership[];
  readonly knocked: RememberedMembership[];
  /** Left since, from where they were joined. */
  readonly left: RememberedMembership[];
  readonly leftToLoad: RoomToLoad[];
  /** Never joined since the last sync: an invite that was declined, a knock that was withdrawn. Only the own membership is told. */
  readonly declined: RememberedMembership[];
}

/** Whether nothing at all can have happened for this user: asked by every empty sync, so it looks at four numbers. */
export function isUnchanged(user: UserMemory, since: SyncPosition): boolean {
  return (
    user.lastRoom <= since.room &&
    user.lastReceipt <= since.receipt &&
    user.lastUser <= since.user &&
    user.lastTyping <= since.typing
  );
}

/** Whether memory reaches back to this place for this user's rooms. */
export function reachesBack(index: MemoryIndex, user: UserMemory, since: SyncPosition): boolean {
  return since.room >= index.eventFloor && since.room >= user.historyFloor && since.receipt >= index.receiptFloor;
}

/** What happened since a place that memory reaches back to. */
export function planSync(user: UserMemory, since: SyncPosition, upTo: number): SyncPlan {
  const plan: SyncPlan = {
    changed: [],
    joinedToLoad: [],
    invited: [],
    knocked: [],
    left: [],
    leftToLoad: [],
    declined: [],
  };
  for (const entry of user.memberships.values()) {
    const isNew = entry.position > since.room;
    if (entry.membership === 'join') planJoined(plan, user, entry, since, upTo);
    else if (!isNew) continue;
    else if (entry.membership === 'invite') plan.invited.push(entry);
    else if (entry.membership === 'knock') plan.knocked.push(entry);
    else planLeft(plan, user, entry, since);
  }
  return plan;
}

function planJoined(
  plan: SyncPlan,
  user: UserMemory,
  entry: RememberedMembership,
  since: SyncPosition,
  upTo: number,
): void {
  const { room } = entry;
  const stayed = entry.position <= since.room || wasThereAllTheTime(user, entry, since.room);
  if (!stayed) plan.joinedToLoad.push({ room, from: undefined, upTo });
  else if (
    room.lastEvent > since.room ||
    room.lastReceipt > since.receipt ||
    (room.typing?.changedAt ?? 0) > since.typing
  )
    plan.changed.push(room);
}

function planLeft(plan: SyncPlan, user: UserMemory, entry: RememberedMembership, since: SyncPosition): void {
  if (user.membershipAt(entry, since.room) === 'join') {
    plan.left.push(entry);
  } else if (entry.changes.some(({ membership, position }) => membership === 'join' && position > since.room)) {
    plan.leftToLoad.push({ room: entry.room, from: undefined, upTo: lastLeaving(entry.changes) ?? entry.position });
  } else plan.declined.push(entry);
}

function wasThereAllTheTime(user: UserMemory, entry: RememberedMembership, since: number): boolean {
  return (
    user.membershipAt(entry, since) === 'join' &&
    entry.changes.every(({ position, membership }) => position <= since || membership === 'join')
  );
}
