import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../musts.ts';
import { type RoomsScenario, runRooms } from '../rooms/rooms-bench.ts';
import type { RunOptions } from '../run-scenarios.ts';
import { startRoomserver } from '../targets/roomserver.ts';

/** Runs scenarios on a roomserver with a database of its own, which is gone afterwards. */
export async function onFreshRoomserver(
  scenarios: readonly (readonly [string, RoomsScenario])[],
  options: RunOptions,
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'plexus-bench-'));
  try {
    options.print('roomserver: starting …');
    const target = await startRoomserver(folder, options.print);
    try {
      return await runRooms(target, scenarios, options);
    } finally {
      await target.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
