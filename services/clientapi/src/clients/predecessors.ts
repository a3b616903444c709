import type { RoomserverService } from '@plexus/contracts/roomserver';
import { isJsonObject, type JsonObject, ownValue, parseRoomId, type RoomId } from '@plexus/matrix';
import { LRUCache } from 'lru-cache';
import { contentOf } from '../domain/stored-event.ts';
import { stateNow } from './roomserver.ts';

/** About 200 bytes an entry. */
const MAX_ROOMS = 20_000;

/** Which rooms replaced which. A room's create event never changes, so it is asked for once: at every join it cost two of its ten statements. */
export class Predecessors {
  readonly #roomserver: RoomserverService;
  readonly #known = new LRUCache<RoomId, { readonly replaced: RoomId | undefined }>({ max: MAX_ROOMS });

  constructor(roomserver: RoomserverService) {
    this.#roomserver = roomserver;
  }

  async #of(roomId: RoomId): Promise<RoomId | undefined> {
    const known = this.#known.get(roomId);
    if (known !== undefined) return known.replaced;
    const [create] = await stateNow(this.#roomserver, roomId, [{ type: 'm.room.create', stateKey: '' }]);
    // A room that is not here yet may still come.
    if (create === undefined) return undefined;
    const replaced = predecessorIn(contentOf(create));
    this.#known.set(roomId, { replaced });
    return replaced;
  }

  /** The room that this one replaced and that says so itself: anybody can name any room as the one before. @throws RpcError */
  async confirmed(roomId: RoomId): Promise<RoomId | undefined> {
    const replaced = await this.#of(roomId);
    if (replaced === undefined) return undefined;
    const [tombstone] = await stateNow(this.#roomserver, replaced, [{ type: 'm.room.tombstone', stateKey: '' }]);
    const successor = tombstone === undefined ? undefined : ownValue(contentOf(tombstone), 'replacement_room');
    return successor === roomId ? replaced : undefined;
  }
}

/** The room that the content of a create event names as the one before. */
export function predecessorIn(content: JsonObject): RoomId | undefined {
  const predecessor = ownValue(content, 'predecessor');
  const given = isJsonObject(predecessor) ? ownValue(predecessor, 'room_id') : undefined;
  return typeof given === 'string' ? parseRoomId(given) : undefined;
}
