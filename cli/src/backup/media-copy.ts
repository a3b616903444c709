import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from '../console/progress.ts';
import { mediaPath, sumOf } from './manifest.ts';

export interface MediaCounts {
  files: number;
  bytes: number;
  copied: number;
  /** Not at their address, or with other bytes. */
  missing: number;
}

export interface MediaCopy {
  /** Of the files: `hash size` a line. */
  readonly list: string;
  readonly from: string;
  readonly to: string;
  /** A folder of an earlier backup, on the same disk: what it holds is linked and takes no room. */
  readonly earlier?: string | undefined;
  readonly progress: Progress;
}

const SAY_EVERY_MS = 5_000;

/** Every file of a list, once. */
export async function* mediaOf(list: string): AsyncGenerator<{ hash: string; size: number }> {
  for await (const line of createInterface({ input: createReadStream(list) })) {
    const [hash = '', size = ''] = line.split(' ');
    yield { hash, size: Number(size) };
  }
}

/** Copies what is not there yet. A file is checked while it is new, and whole at its address. */
export const copyMedia = async ({ list, from, to, earlier, progress }: MediaCopy): Promise<MediaCounts> => {
  const counts: MediaCounts = { files: 0, bytes: 0, copied: 0, missing: 0 };
  let saidAt = performance.now();
  for await (const { hash, size } of mediaOf(list)) {
    counts.files++;
    counts.bytes += size;
    const target = mediaPath(to, hash);
    if (!(await isOfSize(target, size))) {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const linked = earlier !== undefined && (await linkFrom(mediaPath(earlier, hash), target, size));
      if (!linked) counts[(await copyOne(mediaPath(from, hash), target, hash, to)) ? 'copied' : 'missing']++;
    }
    if (performance.now() - saidAt > SAY_EVERY_MS) {
      saidAt = performance.now();
      progress.line(`  media        ${counts.files} files, ${megabytes(counts.bytes)} so far`);
    }
  }
  return counts;
};

export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

const copyOne = async (source: string, target: string, hash: string, folder: string): Promise<boolean> => {
  const unfinished = join(folder, `unfinished-${randomUUID()}`);
  try {
    await copyFile(source, unfinished);
    if ((await sumOf(unfinished)).sha256 !== hash) return false;
    await rename(unfinished, target);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  } finally {
    await rm(unfinished, { force: true });
  }
};

const linkFrom = async (source: string, target: string, size: number): Promise<boolean> => {
  if (!(await isOfSize(source, size))) return false;
  await link(source, target);
  return true;
};

const isOfSize = async (path: string, size: number): Promise<boolean> => {
  try {
    return (await stat(path)).size === size;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
};

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
