import type { SyncPosition } from '../../domain/sync-token.ts';
import type { RoomMemory } from '../../memory/room-memory.ts';
import { readDeletedRooms } from '../../storage/deleted-rooms.ts';
import { readForgotten } from '../../storage/forgotten-rooms.ts';
import { readChangedMemberships } from '../../storage/memberships.ts';
import type { SyncSources } from '../sources.ts';
import type { SyncQuestion } from '../stream.ts';
import {
  type EndedRoom,
  type EnteredRoom,
  isEnd,
  membershipNews,
  type PendingRoom,
  pendingRoom,
  type RoomsOfSync,
} from './rooms-of-sync.ts';

/**
 * The rooms of a sync from the index: of an initial sync, with `full_state`, or from further back than memory reaches.
 * @param fullState the client wants the whole state of every room, also of those that it knows
 */
export async function loadRoomsOfSync(
  sources: SyncSources,
  question: SyncQuestion,
  since: SyncPosition | undefined,
  upTo: SyncPosition,
  fullState: boolean,
): Promise<RoomsOfSync> {
  const { user, filter } = question;
  // Before the first wait: these are the memberships at the snapshot.
  const current = [...user.memberships.values()].filter(({ room }) => filter.wantsRoom(room.roomId));
  const joined = current.filter(({ membership }) => membership === 'join').map(({ room }) => room);
  const pending = current.flatMap((entry): PendingRoom[] => {
    const isPending = entry.membership === 'invite' || entry.membership === 'knock';
    const isNew = since === undefined || fullState || entry.position > since.room;
    return isPending && isNew ? [pendingRoom(entry)] : [];
  });
  const changes = await readChanges(sources, question, since, upTo, fullState);
  const isKnown = (room: RoomMemory): boolean => {
    const ofRoom = changes.get(room.roomId);
    if (since === undefined) return false;
    return ofRoom === undefined || membershipNews(ofRoom, since.room).kind === 'stayed';
  };
  const stayed = fullState ? [] : joined.filter(isKnown);
  const isStayed = new Set(stayed);
  const entered = joined
    .filter((room) => !isStayed.has(room))
    .map((room): EnteredRoom => ({ room, after: isKnown(room) ? (since?.room ?? 0) : 0 }));
  const isJoined = new Set(joined.map(({ roomId }) => roomId));
  const ended = [...changes].flatMap(([roomId, memberships]): EndedRoom[] => {
    const last = memberships.at(-1);
    if (last === undefined || !isEnd(last.membership) || !filter.wantsRoom(roomId)) return [];
    // With `include_leave` also those that the client was sent before.
    const isNew = since !== undefined && last.position > since.room;
    const news = membershipNews(memberships, isNew && !fullState ? since.room : undefined);
    if (news.kind !== 'ended') return [];
    return [{ roomId, memberships, upTo: last.position, joined: news.joined }];
  });
  const deleted =
    since === undefined ? [] : await readDeletedRooms(sources.database, user.userId, since.room, upTo.room);
  return {
    stayed,
    entered,
    pending,
    ended,
    deleted: deleted.filter(({ roomId }) => filter.wantsRoom(roomId) && !isJoined.has(roomId)),
  };
}

/** The membership histories of rooms in which the user's membership changed; with `include_leave` of all rooms that they did not forget. */
async function readChanges(
  { database }: SyncSources,
  { user, filter }: SyncQuestion,
  since: SyncPosition | undefined,
  upTo: SyncPosition,
  fullState: boolean,
) {
  const wantsLeft = filter.includeLeave && (since === undefined || fullState);
  if (since === undefined && !wantsLeft) return new Map();
  const changes = await readChangedMemberships(database, user.userId, wantsLeft ? 0 : (since?.room ?? 0), upTo.room);
  if (!wantsLeft) return changes;
  const forgotten = await readForgotten(database, user.userId);
  for (const [roomId, ofRoom] of changes) {
    const changedAt = ofRoom.at(-1)?.position ?? 0;
    // A device that has not learnt of the leaving does, whether the room is forgotten or not.
    const isKnownToClient = since === undefined || changedAt <= since.room;
    if (isKnownToClient && (forgotten.get(roomId) ?? 0) > changedAt) changes.delete(roomId);
  }
  return changes;
}
