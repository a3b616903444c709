import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { TypingChanged } from '@plexus/contracts/streams/typing';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import type { Listener, RoomMemory, RoomTyping } from '../memory/room-memory.ts';
import { type SyncQuery, syncStream } from './stream.ts';
import type { SyncParts } from './sync-parts.ts';

interface TypingRoom {
  readonly room: RoomMemory;
  readonly typing: RoomTyping;
}

/** Who types, in `ephemeral`. Typing is in memory alone, so there is nothing to load. Client-server API, "Typing Notifications". */
export const typing = syncStream<readonly TypingRoom[]>({
  name: 'typing',
  log: 'typing',
  recall,
  load: async (query) => recall(query),
  tell,
});

/**
 * Takes a change into memory. `now` in milliseconds; the position moves on by at least one, so that no change is hidden by the one before.
 * @returns the users whom it concerns
 */
export function applyTyping(
  memory: MemoryIndex,
  { roomId, userIds, version, traceparent }: TypingChanged,
  now: number,
): Woken {
  const users = new Set<Listener>();
  const room = memory.room(roomId);
  if (room.typing !== undefined && room.typing.version >= version) return { users, traceparents: [] };
  const changedAt = Math.max(memory.position.typing + 1, now);
  memory.advanceTo('typing', changedAt);
  room.typing = { userIds, version, changedAt };
  room.changed();
  for (const user of room.listeners) {
    user.touch('typing', changedAt);
    users.add(user);
  }
  return { users, traceparents: traceparent === '' ? [] : [traceparent] };
}

/** Rooms in which somebody types, as remembered. */
export function typingRooms(memory: MemoryIndex): TypingChanged[] {
  const rooms: TypingChanged[] = [];
  for (const { roomId, typing: inRoom } of memory.rooms) {
    if (inRoom === undefined || inRoom.userIds.length === 0) continue;
    rooms.push({ roomId, userIds: [...inRoom.userIds], version: inRoom.version, traceparent: '' });
  }
  return rooms;
}

/** Who types, as remembered, in a room that they are not in any more after these entries. */
export function departedTypists(
  memory: MemoryIndex,
  entries: readonly RoomLogEntry[],
): { readonly roomId: string; readonly userId: string }[] {
  return entries.flatMap(({ kind }) => {
    if (kind?.$case !== 'event' || kind.value.historical) return [];
    const { roomId, stateChanges } = kind.value;
    const gone = stateChanges.filter(({ type, membership }) => type === 'm.room.member' && membership !== 'join');
    const typing = gone.length === 0 ? undefined : memory.knownRoom(roomId)?.typing;
    return gone
      .filter(({ stateKey }) => typing?.userIds.includes(stateKey))
      .map(({ stateKey }) => ({ roomId, userId: stateKey }));
  });
}

function recall({ rooms, since }: SyncQuery): TypingRoom[] {
  const found: TypingRoom[] = [];
  const add = (room: RoomMemory, isNews: (typing: RoomTyping) => boolean) => {
    if (room.typing !== undefined && isNews(room.typing)) found.push({ room, typing: room.typing });
  };
  if (since !== undefined) for (const room of rooms.stayed) add(room, ({ changedAt }) => changedAt > since.typing);
  for (const { room } of rooms.entered) add(room, ({ userIds }) => userIds.length > 0);
  return found;
}

function tell(found: readonly TypingRoom[], { filter }: SyncQuery, parts: SyncParts): void {
  for (const { room, typing: inRoom } of found) {
    const { roomId } = room;
    if (!filter.ephemeral.matches({ type: 'm.typing', sender: undefined, roomId, hasUrl: false })) continue;
    const text = () => JSON.stringify({ type: 'm.typing', content: { user_ids: inRoom.userIds } });
    parts.addEphemeral(roomId, room.builtOnce(`typing ${inRoom.changedAt}`, text));
  }
}
