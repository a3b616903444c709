import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure } from '../musts.ts';
import { coldRoom } from '../rooms/cold-room.ts';
import { type FilledRooms, type FillSizes, makeFilledRooms } from '../rooms/filled-rooms.ts';
import { memory } from '../rooms/memory.ts';
import { resolution } from '../rooms/resolution.ts';
import { type FilledScenario, runRooms } from '../rooms/rooms-bench.ts';
import { stateChanges } from '../rooms/state-changes.ts';
import type { RunOptions } from '../run-scenarios.ts';
import { type RoomserverTarget, startRoomserver } from '../targets/roomserver.ts';

const SIZES: FillSizes = { rooms: 6_500, large: 100, hugeMembers: 100_000, largeMembers: 10_010, mediumMembers: 1_000 };
const checkout = new URL('../../../', import.meta.url).pathname;
/** To be raised when the rooms are to be made anew. */
const FILL_VERSION = 1;

const scenarios: readonly (readonly [string, FilledScenario])[] = [
  ['state changes', stateChanges],
  ['state resolution', resolution],
  ['cold room', coldRoom],
  ['memory', memory],
];

/**
 * Large rooms: what a change of their state costs, how soon they are there, what they take of memory. Filling them takes minutes, so the
 * filled database stays in .plexus/bench.
 */
export async function state(options: RunOptions): Promise<Figure[]> {
  const sizes = scaled(options.scale);
  const folder = join(checkout, '.plexus', 'bench', keyOf(sizes));
  await removeOthers(folder);
  const target = await startRoomserver(folder, options.print);
  try {
    const rooms = await filled(target, folder, sizes, options.print);
    return await runRooms(
      target,
      scenarios.map(([name, scenario]) => [name, (bench) => scenario(bench, rooms)]),
      options,
    );
  } finally {
    await target.stop();
  }
}

/** A smoke run has fewer rooms, and smaller ones. */
function scaled(scale: number): FillSizes {
  const size = (count: number) => Math.max(10, Math.round(count * scale));
  return {
    rooms: size(SIZES.rooms),
    large: Math.round(SIZES.large * scale),
    hugeMembers: size(SIZES.hugeMembers),
    largeMembers: size(SIZES.largeMembers),
    mediumMembers: size(SIZES.mediumMembers),
  };
}

/** What the filled database depends on. Migrations bring it to this version, as they do for everybody. */
function keyOf(sizes: FillSizes): string {
  return `rooms-${createHash('sha256')
    .update(JSON.stringify([FILL_VERSION, sizes]))
    .digest('hex')
    .slice(0, 16)}`;
}

async function removeOthers(folder: string): Promise<void> {
  const parent = join(folder, '..');
  if (!existsSync(parent)) return;
  for (const name of await readdir(parent))
    if (join(parent, name) !== folder) await rm(join(parent, name), { recursive: true, force: true });
}

async function filled(
  target: RoomserverTarget,
  folder: string,
  sizes: FillSizes,
  print: (line: string) => void,
): Promise<FilledRooms> {
  const file = join(folder, 'rooms.json');
  if (existsSync(file)) return { ...JSON.parse(await readFile(file, 'utf8')), sizes };
  const rooms = await makeFilledRooms(target, sizes, print);
  await target.sql.query('VACUUM ANALYZE');
  await writeFile(file, JSON.stringify(rooms));
  return rooms;
}
