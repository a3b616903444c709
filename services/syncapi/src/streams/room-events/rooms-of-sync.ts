import type { SyncFilter } from '../../domain/filter.ts';
import { type Membership, type MembershipChange, membershipAt } from '../../domain/membership.ts';
import type { SyncPosition } from '../../domain/sync-token.ts';
import type { RoomMemory } from '../../memory/room-memory.ts';
import type { UserMemory } from '../../memory/user-memory.ts';
import { lastLeaving } from '../../read/room-history.ts';

/** A joined room whose whole state the response contains: the client does not know the room, or asks for all state again. */
export interface EnteredRoom {
  readonly room: RoomMemory;
  /** The timeline begins after this position: 0 for a room that the client does not know. */
  readonly after: number;
}

/** An invite or a knock. */
export interface PendingRoom {
  readonly room: RoomMemory;
  readonly membership: 'invite' | 'knock';
  /** JSON array. */
  readonly strippedState: string;
}

/** A room that the user is not in any more. */
export interface EndedRoom {
  readonly roomId: string;
  /** Every membership that the user had in the room, in order. */
  readonly memberships: readonly MembershipChange[];
  /** Position of the last change: the own member event there is always part of the response. */
  readonly upTo: number;
  /** When the user was joined at any time of the sync: what they may see of that. */
  readonly joined:
    | undefined
    | {
        /** The client knows the room up to here; undefined: it does not know it. */
        readonly after: number | undefined;
        /** State up to here, where the user ceased to be joined. */
        readonly leftAt: number;
      };
}

/** The user's rooms, as a sync finds them. Every stream that says something of rooms goes by this. */
export interface RoomsOfSync {
  /** Joined at both ends and all the time between, and known to the client. */
  readonly stayed: Iterable<RoomMemory>;
  readonly entered: readonly EnteredRoom[];
  readonly pending: readonly PendingRoom[];
  readonly ended: readonly EndedRoom[];
  /** Rooms that were deleted on this server; the client may know them still. */
  readonly deleted: readonly DeletedRoom[];
}

export interface DeletedRoom {
  readonly roomId: string;
  /** Of the deletion in the room log. */
  readonly position: number;
  /** Milliseconds since the epoch. */
  readonly deletedAt: number;
}

/** What a membership history means for a client that has everything up to `since`. */
export type MembershipNews =
  | { readonly kind: 'stayed' | 'entered' | 'pending' | 'nothing' }
  | { readonly kind: 'ended'; readonly joined: EndedRoom['joined'] };

/**
 * Sorts a room by the memberships of its user, which are in order and not empty.
 * @param since undefined for a client that has nothing
 */
export function membershipNews(memberships: readonly MembershipChange[], since: number | undefined): MembershipNews {
  const last = memberships.at(-1);
  if (last === undefined) return { kind: 'nothing' };
  const joinedAtSince = since !== undefined && membershipAt(memberships, since) === 'join';
  const isChanged = since === undefined || last.position > since;
  if (last.membership === 'join') {
    const joinedThroughout =
      joinedAtSince && memberships.every(({ position, membership }) => position <= since || membership === 'join');
    return { kind: joinedThroughout ? 'stayed' : 'entered' };
  }
  if (!isChanged) return { kind: 'nothing' };
  if (!isEnd(last.membership)) return { kind: 'pending' };
  const joinedSince = memberships.some(
    ({ membership, position }) => membership === 'join' && (since === undefined || position > since),
  );
  const leftAt = joinedAtSince || joinedSince ? lastLeaving(memberships) : undefined;
  return {
    kind: 'ended',
    joined: leftAt === undefined ? undefined : { after: joinedAtSince ? since : undefined, leftAt },
  };
}

/** The rooms as memory has them; undefined when it does not reach back to the client's position. */
export function recallRooms(user: UserMemory, filter: SyncFilter, since: SyncPosition): RoomsOfSync | undefined {
  if (since.room < user.historyFloor) return undefined;
  const joined = wantedOf(user.joinedRooms, filter);
  if (user.lastMembershipChange <= since.room) return { ...noRooms, stayed: joined };
  const entered: EnteredRoom[] = [];
  const pending: PendingRoom[] = [];
  const ended: EndedRoom[] = [];
  for (const entry of user.memberships.values()) {
    const { room, position, changes } = entry;
    if (position <= since.room || !filter.wantsRoom(room.roomId)) continue;
    const news = membershipNews(changes, since.room);
    if (news.kind === 'entered') entered.push({ room, after: 0 });
    else if (news.kind === 'pending') pending.push(pendingRoom(entry));
    // What may be seen of a room that was left follows from all memberships, which the index alone has.
    else if (news.kind === 'ended') return undefined;
  }
  const isEntered = new Set(entered.map(({ room }) => room));
  return { stayed: [...joined].filter((room) => !isEntered.has(room)), entered, pending, ended, deleted: [] };
}

const noRooms: RoomsOfSync = { stayed: [], entered: [], pending: [], ended: [], deleted: [] };

function wantedOf(rooms: ReadonlySet<RoomMemory>, filter: SyncFilter): Iterable<RoomMemory> {
  return filter.wantsAllRooms ? rooms : [...rooms].filter(({ roomId }) => filter.wantsRoom(roomId));
}

export function pendingRoom({
  room,
  membership,
  strippedState,
}: {
  readonly room: RoomMemory;
  readonly membership: Membership;
  readonly strippedState: string;
}): PendingRoom {
  return { room, membership: membership === 'knock' ? 'knock' : 'invite', strippedState };
}

export function isEnd(membership: Membership): boolean {
  return membership === 'leave' || membership === 'ban';
}
