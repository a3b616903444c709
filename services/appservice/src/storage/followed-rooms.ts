import type { Database, Transaction } from '@plexus/postgres';
import { addMembers, loadMembers, removeMembers } from './interest.ts';

/** One coming or going of a bridge's user. */
export interface FollowChange {
  readonly bridgeId: string;
  readonly roomId: string;
  readonly userId: string;
  readonly joined: boolean;
}

/**
 * Who of which bridge is joined where, in memory as in the table. Changes are made in memory while a batch is decided, and undone by
 * reload() when the batch could not be stored.
 */
export class FollowedRooms {
  readonly #members = new Map<string, Set<string>>();

  async reload(database: Database): Promise<void> {
    const rows = await database.query<{ bridge_id: string; room_id: string; user_id: string }>(loadMembers, []);
    this.#members.clear();
    for (const row of rows)
      this.apply({ bridgeId: row.bridge_id, roomId: row.room_id, userId: row.user_id, joined: true });
  }

  has(bridgeId: string, roomId: string): boolean {
    return this.#members.has(key(bridgeId, roomId));
  }

  /** Nobody is in a room that was deleted. @returns the goings */
  deleteRoom(roomId: string): FollowChange[] {
    const goings = [...this.#members].flatMap(([room, users]) => {
      const [bridgeId = '', ofRoom] = room.split('\0');
      return ofRoom === roomId ? [...users].map((userId) => ({ bridgeId, roomId, userId, joined: false })) : [];
    });
    for (const going of goings) this.apply(going);
    return goings;
  }

  apply(change: FollowChange): void {
    const room = key(change.bridgeId, change.roomId);
    const users = this.#members.get(room) ?? new Set();
    if (change.joined) users.add(change.userId);
    else users.delete(change.userId);
    if (users.size > 0) this.#members.set(room, users);
    else this.#members.delete(room);
  }
}

/** Writes the changes; of several for one member the last counts. */
export async function storeFollowChanges(transaction: Transaction, changes: readonly FollowChange[]): Promise<void> {
  const last = new Map(changes.map((change) => [`${key(change.bridgeId, change.roomId)}\0${change.userId}`, change]));
  const columns = (joined: boolean): [string[], string[], string[]] => {
    const rows = [...last.values()].filter((change) => change.joined === joined);
    return [rows.map((row) => row.bridgeId), rows.map((row) => row.roomId), rows.map((row) => row.userId)];
  };
  const [come, gone] = [columns(true), columns(false)];
  if (come[0].length > 0) await transaction.query(addMembers, come);
  if (gone[0].length > 0) await transaction.query(removeMembers, gone);
}

function key(bridgeId: string, roomId: string): string {
  return `${bridgeId}\0${roomId}`;
}
