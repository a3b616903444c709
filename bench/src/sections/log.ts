import type { Figure } from '../musts.ts';
import { readLog } from '../rooms/read-log.ts';
import type { RunOptions } from '../run-scenarios.ts';
import { onFreshRoomserver } from './on-roomserver.ts';

/** The room log as those read it who have missed a part. */
export function log(options: RunOptions): Promise<Figure[]> {
  return onFreshRoomserver([['ReadLog', readLog]], options);
}
