import { createHash } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Random } from '@plexus/observability';

/** The bytes are more than allowed; nothing of them is kept. */
export class TooManyBytes extends Error {
  override readonly name = 'TooManyBytes';
}

/** What is written would leave less room on the disk than is to be kept; nothing of it is kept. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull';
}

export interface WrittenContent {
  /** SHA-256, 32 bytes. */
  readonly hash: Buffer;
  readonly size: number;
}

/** Other uploads, and the database, take room meanwhile. */
const ROOM_CHECK_BYTES = 4 * 1024 * 1024;

/** An upload takes five minutes at the most; what is older than this in the folder of unfinished files belongs to nobody. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * The files of media: bytes at `content/ab/cd/<SHA-256>`, so that the same bytes are kept once whoever uploads them, and thumbnails at
 * `thumbnails/ab/cd/<SHA-256>.<variant>`. A file is written elsewhere, synced and renamed: at its address it is always whole, also after
 * the power went off. No part of a path is ever something that a client said.
 */
export class MediaFiles {
  readonly #directory: string;
  readonly #reserveBytes: number;
  readonly #random: Random;

  /** @param reserveBytes room on the disk that uploads leave to the rest of the server. */
  constructor(directory: string, reserveBytes: number, random: Random) {
    this.#directory = directory;
    this.#reserveBytes = reserveBytes;
    this.#random = random;
  }

  /** Makes the folders. @throws Error of the file system when they cannot be made */
  async prepare(): Promise<void> {
    for (const folder of ['unfinished', 'content', 'thumbnails'])
      await mkdir(join(this.#directory, folder), { recursive: true, mode: 0o700 });
  }

  /** Whether uploads can be kept. */
  async isWritable(): Promise<boolean> {
    return access(join(this.#directory, 'unfinished'), constants.W_OK).then(
      () => true,
      () => false,
    );
  }

  /**
   * Keeps the bytes of a stream.
   * @param expectedBytes how many are announced to come, as far as that is known.
   * @throws TooManyBytes, StorageFull, Error of the stream when it is cut off, Error of the file system; nothing is left behind then
   */
  async writeContent(bytes: AsyncIterable<Buffer>, maxBytes: number, expectedBytes = 0): Promise<WrittenContent> {
    await this.#requireRoom(expectedBytes);
    const unfinished = this.#unfinished();
    try {
      const hash = createHash('sha256');
      let size = 0;
      let unchecked = 0;
      const requireRoom = () => this.#requireRoom(0);
      const measured = async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          size += chunk.length;
          if (size > maxBytes) throw new TooManyBytes();
          hash.update(chunk);
          unchecked += chunk.length;
          if (unchecked >= ROOM_CHECK_BYTES) {
            unchecked = 0;
            await requireRoom();
          }
          yield chunk;
        }
      };
      await pipeline(bytes, measured, createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }));
      const digest = hash.digest();
      await this.#place(unfinished, this.contentPath(digest));
      return { hash: digest, size };
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** False when there is no room for it. */
  async writeThumbnail(hash: Buffer, variant: string, bytes: Buffer): Promise<boolean> {
    const unfinished = this.#unfinished();
    try {
      await using file = await open(unfinished, 'wx', 0o600);
      await file.writeFile(bytes);
      await file.sync();
      await this.#place(unfinished, this.#thumbnailPath(hash, variant));
      return true;
    } catch (error) {
      await rm(unfinished, { force: true });
      if (isFull(error)) return false;
      throw error;
    }
  }

  contentPath(hash: Buffer): string {
    return join(this.#directory, 'content', ...levels(hash));
  }

  /** Undefined when the file is not there. */
  openContent(hash: Buffer): Promise<FileHandle | undefined> {
    return openIfThere(this.contentPath(hash));
  }

  openThumbnail(hash: Buffer, variant: string): Promise<FileHandle | undefined> {
    return openIfThere(this.#thumbnailPath(hash, variant));
  }

  /** Removes what uploads left behind when their process was killed. */
  async sweep(now: number): Promise<number> {
    const folder = join(this.#directory, 'unfinished');
    let removed = 0;
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const found = await stat(path).catch(ignoreMissing);
      if (found === undefined || now - found.mtimeMs < ABANDONED_AFTER_MS) continue;
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  /** @throws StorageFull when so many bytes more would take from the reserve */
  async #requireRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#directory);
    if (bavail * bsize - bytes < this.#reserveBytes) throw new StorageFull();
  }

  /** Moves a synced file to its address. The same bytes there already are replaced by themselves; who reads them goes on reading. */
  async #place(from: string, to: string): Promise<void> {
    const folder = dirname(to);
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(from, to);
    await syncFolders(folder, made === undefined ? folder : dirname(made));
  }

  #unfinished(): string {
    return join(this.#directory, 'unfinished', this.#random.bytes(16).toString('hex'));
  }

  #thumbnailPath(hash: Buffer, variant: string): string {
    return `${join(this.#directory, 'thumbnails', ...levels(hash))}.${variant}`;
  }
}

/** Two levels of 256 folders: a million files are 15 a folder. */
function levels(hash: Buffer): string[] {
  const hex = hash.toString('hex');
  return [hex.slice(0, 2), hex.slice(2, 4), hex];
}

/** A rename is on disk when its folder is synced, a new folder when the one above it is. */
async function syncFolders(from: string, upTo: string): Promise<void> {
  for (let folder = from; folder.length >= upTo.length; folder = dirname(folder)) {
    await using handle = await open(folder, 'r');
    await handle.sync();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

/** The disk, or this user's share of it, has no room left. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
