import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';

/** A file of a backup, by its path in it. */
export interface SavedFile {
  readonly path: string;
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** A file that the configuration names, and where it was. */
export interface SecretFile extends SavedFile {
  readonly role: 'signingKey' | 'configuration' | 'named';
  readonly original: string;
}

export interface Manifest {
  readonly format: 1;
  readonly serverName: string;
  /** ISO 8601: the point to which a restore goes back. */
  readonly createdAt: string;
  readonly postgresVersion: string;
  readonly database: SavedFile;
  /** Last position of each log. */
  readonly positions: Readonly<Record<string, number>>;
  readonly secrets: readonly SecretFile[];
  /** A line a file: SHA-256 in hexadecimal, a space, bytes. The files are at media/ab/cd/SHA-256. */
  readonly mediaList: SavedFile;
  readonly media: { readonly files: number; readonly bytes: number; readonly missing: number };
}

export const manifestFile = (folder: string): string => join(folder, 'manifest.json');

/** @throws CliError when the folder holds no whole backup that this version reads */
export const readManifest = (folder: string): Manifest => {
  const file = manifestFile(folder);
  if (!existsSync(file))
    throw new CliError(`${folder} holds no backup: there is no manifest.json, which is written last`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new CliError(`${file} is not JSON`);
  }
  if (!isManifest(parsed)) throw new CliError(`${file} is not of format 1: another version of plexus made it`);
  return parsed;
};

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' &&
  value !== null &&
  'format' in value &&
  value.format === 1 &&
  ['database', 'mediaList', 'secrets', 'positions', 'media'].every((key) => key in value);

export const mediaPath = (folder: string, hash: string): string =>
  join(folder, hash.slice(0, 2), hash.slice(2, 4), hash);

export const sumOf = async (path: string): Promise<{ size: number; sha256: string }> => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
};

export const savedFile = async (folder: string, path: string): Promise<SavedFile> => ({
  path,
  ...(await sumOf(join(folder, path))),
});
