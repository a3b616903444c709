import type { Figure } from '../musts.ts';
import { craftedRoom } from '../rooms/crafted-room.ts';
import { oneEvent } from '../rooms/one-event.ts';
import { sendEvents } from '../rooms/send-events.ts';
import { storedBytes } from '../rooms/stored-bytes.ts';
import type { RunOptions } from '../run-scenarios.ts';
import { onFreshRoomserver } from './on-roomserver.ts';

/** Events on their way into the tables: what one costs, how many a second, how many bytes. */
export function core(options: RunOptions): Promise<Figure[]> {
  return onFreshRoomserver(
    [
      ['one event', oneEvent],
      ['SendEvents', sendEvents],
      ['stored bytes', storedBytes],
      ['crafted resolution', craftedRoom],
    ],
    options,
  );
}
