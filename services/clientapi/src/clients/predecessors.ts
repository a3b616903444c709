import type { RoomserverService } from '@plexus/contracts/roomserver';
import { isJsonObject, ownValue, parseRoomId, type RoomId } from '@plexus/matrix';
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

  /** The room that this one replaced. @throws RpcError */
  async of(roomId: RoomId): Promise<RoomId | undefined> {
    const known = this.#known.get(roomId);
    if (known !== undefined) return known.replaced;
    const [create] = await stateNow(this.#roomserver, roomId, [{ type: 'm.room.create', stateKey: '' }]);
    // A room that is not here yet may still come.
    if (create === undefined) return undefined;
    const predecessor = ownValue(contentOf(create), 'predecessor');
    const given = isJsonObject(predecessor) ? ownValue(predecessor, 'room_id') : undefined;
    const replaced = typeof given === 'string' ? parseRoomId(given) : undefined;
    this.#known.set(roomId, { replaced });
    return replaced;
  }
}
