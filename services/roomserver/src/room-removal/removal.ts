import type { RoomId } from '@plexus/matrix';
import { isRoomId } from '@plexus/matrix';
import { type RemovalRow, removalKinds } from '../storage/room-removals.ts';

/** What an administrator wants removed, as far as it is. */
export interface RemovalOf<Kind extends string> {
  readonly kind: Kind;
  readonly id: string;
  readonly roomId: RoomId;
  /** The number of the room, which stands for it when its id is gone. */
  readonly room: number;
  readonly row: RemovalRow;
}

export type Removal = RemovalOf<'deletion'> | (RemovalOf<'history_purge'> & { readonly upTo: number });

export function removalOf(row: RemovalRow): Removal {
  const { removal_id: id, room_id: roomId, room, up_to: upTo } = row;
  if (!isRoomId(roomId)) throw new Error('a removal of no room');
  if (row.kind === removalKinds.deletion) return { kind: 'deletion', id, roomId, room, row };
  return { kind: 'history_purge', id, roomId, room, row, upTo: upTo ?? 0 };
}
