import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, type ReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';

/** More came than may be stored; nothing of it was kept. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** The sender went away before the end; nothing was kept. */
export class IncompleteError extends Error {
  override readonly name = 'IncompleteError';
}

export interface StoredBlob {
  readonly hash: Buffer;
  readonly bytes: number;
}

/** A temporary file that nobody has written to for so long belongs to a process that is gone. */
const ABANDONED_MS = 24 * 3_600_000;

/** Bytes on disk under their SHA-256. What is there is whole and durable: files are synced, then renamed into their place. */
export class BlobStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Makes the folders, and removes what killed processes have left half written. */
  async open(now: number): Promise<void> {
    await mkdir(this.#temporaryFolder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#temporaryFolder)) {
      const path = join(this.#temporaryFolder, name);
      if (now - (await stat(path)).mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    }
  }

  /** Stores a stream of at most so many bytes. @throws TooLargeError, IncompleteError */
  async write(source: Readable, maxBytes: number): Promise<StoredBlob> {
    const temporary = join(this.#temporaryFolder, randomUUID());
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of chunksOf(source)) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new TooLargeError('the upload is too large');
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
      await file.close();
      const digest = hash.digest();
      await this.#moveInto(temporary, this.#pathOf(digest));
      return { hash: digest, bytes };
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Stores bytes that belong to a blob (a thumbnail of it). */
  async writeDerived(hash: Buffer, variant: string, content: Buffer): Promise<void> {
    const temporary = join(this.#temporaryFolder, randomUUID());
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#moveInto(temporary, this.#pathOf(hash, variant));
  }

  /** A blob's bytes, or those of something derived from it; undefined when they are not there. */
  async read(
    hash: Buffer,
    variant?: string,
  ): Promise<{ readonly stream: ReadStream; readonly bytes: number } | undefined> {
    const path = this.#pathOf(hash, variant);
    if (!(await exists(path))) return undefined;
    return { stream: createReadStream(path), bytes: (await stat(path)).size };
  }

  /** Where a blob's bytes are, for a decoder that reads files. */
  pathOf(hash: Buffer): string {
    return this.#pathOf(hash);
  }

  get #temporaryFolder(): string {
    return join(this.#root, 'temporary');
  }

  /** Two levels of folders of 256 each, so that none grows large. */
  #pathOf(hash: Buffer, variant?: string): string {
    const name = hash.toString('hex');
    const [kind, file] = variant === undefined ? ['blobs', name] : ['derived', `${name}-${variant}`];
    return join(this.#root, kind, name.slice(0, 2), name.slice(2, 4), file);
  }

  async #moveInto(from: string, to: string): Promise<void> {
    if (await exists(to)) {
      await rm(from, { force: true });
      return;
    }
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await rename(from, to);
    const folder = await open(dirname(to), constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** The chunks of a stream; a stream that breaks off is said to be incomplete. */
async function* chunksOf(source: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (error) {
    throw new IncompleteError('the upload broke off', { cause: error });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}
