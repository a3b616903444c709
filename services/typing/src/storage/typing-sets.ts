import type { EphemeralStore } from '@plexus/cache';
import type { RoomId, UserId } from '@plexus/matrix';

/** Longest time that one request may say somebody types for. */
export const MAX_TYPING_MS = 120_000;

/** Who types in a room, and the number of that state: it grows whenever somebody begins, ends or expires. */
export interface TypingUsers {
  readonly userIds: string[];
  readonly version: number;
}

/** Members are the rooms in which somebody may type: how a replica finds the rooms of another one that died. */
const ROOMS = 'typing:rooms';

/** Who types, in the ephemeral store: a set a room, whose members expire by themselves. */
export class TypingSets {
  readonly #store: EphemeralStore;

  constructor(store: EphemeralStore) {
    this.#store = store;
  }

  /** Returns the version. */
  async begin(roomId: RoomId, userId: UserId, timeoutMs: number): Promise<number> {
    // Both at once: one round trip. The room stays listed for the longest time, so that nobody shortens it for others.
    const [version] = await Promise.all([
      this.#store.addMember(keyOf(roomId), userId, timeoutMs),
      this.#store.addMember(ROOMS, roomId, MAX_TYPING_MS),
    ]);
    return version;
  }

  /** Returns the version. */
  end(roomId: RoomId, userId: UserId): Promise<number> {
    return this.#store.removeMember(keyOf(roomId), userId);
  }

  async read(roomId: string): Promise<TypingUsers> {
    const { members, version } = await this.#store.members(keyOf(roomId));
    return { userIds: members, version };
  }

  /**
   * Nobody types in the room any more, and all have been told. Somebody who begins just now may be unlisted with it: seen by those who listen, and
   * listed again with the next request.
   */
  async unlist(roomId: string): Promise<void> {
    await this.#store.removeMember(ROOMS, roomId);
  }

  async rooms(): Promise<string[]> {
    return (await this.#store.members(ROOMS)).members;
  }
}

function keyOf(roomId: string): string {
  return `typing:room:${roomId}`;
}
