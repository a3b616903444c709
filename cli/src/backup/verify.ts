import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Progress } from '../console/progress.ts';
import { type Manifest, mediaPath, readManifest, type SavedFile, sumOf } from './manifest.ts';
import { mediaOf, megabytes } from './media-copy.ts';
import { findPostgresTool, majorOf, runPostgresTool } from './postgres-tools.ts';

/**
 * Reads every byte of a backup and holds it against its sums.
 * @throws CliError with every file that is missing or damaged
 */
export const verifyBackup = async (folder: string, progress: Progress): Promise<Manifest> => {
  const manifest = readManifest(folder);
  const wrong: string[] = [];
  for (const file of [manifest.database, manifest.mediaList, ...manifest.secrets])
    if (!(await isWhole(folder, file))) wrong.push(file.path);
  if (wrong.length === 0) {
    const tool = await findPostgresTool('pg_restore', majorOf(manifest.postgresVersion));
    await progress.step(
      'database',
      () => runPostgresTool(tool, ['--list', join(folder, manifest.database.path)], 'postgresql://localhost/none'),
      (contents) => `${contents.match(/ TABLE DATA /g)?.length ?? 0} tables, ${megabytes(manifest.database.size)}`,
    );
    const damaged = await progress.step(
      'media',
      () => damagedMedia(folder, manifest),
      (files) => `${manifest.media.files} files, ${files.length} missing or damaged`,
    );
    // What was missing when the backup was made has been said then.
    if (damaged.length > manifest.media.missing) wrong.push(...damaged.map((hash) => `media ${hash}`));
  }
  if (wrong.length > 0) throw new CliError(`missing or damaged: ${wrong.join(', ')}; take another backup`);
  return manifest;
};

const isWhole = async (folder: string, { path, size, sha256 }: SavedFile): Promise<boolean> => {
  if (!existsSync(join(folder, path))) return false;
  const found = await sumOf(join(folder, path));
  return found.size === size && found.sha256 === sha256;
};

const damagedMedia = async (folder: string, { mediaList }: Manifest): Promise<string[]> => {
  const damaged: string[] = [];
  for await (const { hash, size } of mediaOf(join(folder, mediaList.path))) {
    const path = mediaPath('media', hash);
    if (!(await isWhole(folder, { path, size, sha256: hash }))) damaged.push(hash);
  }
  return damaged;
};
