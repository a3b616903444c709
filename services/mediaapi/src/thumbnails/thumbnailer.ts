import type { ReadStream } from 'node:fs';
import { counter, type Observability } from '@plexus/observability';
import { fileTypeFromFile } from 'file-type';
import sharp from 'sharp';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { ThumbnailSize } from '../domain/thumbnail-size.ts';

/** Why there is no thumbnail. */
export type NoThumbnail = 'not an image' | 'too large';

export interface Thumbnail {
  readonly stream: ReadStream;
  readonly bytes: number;
  readonly contentType: 'image/jpeg' | 'image/png';
}

/** What is decoded, told by its first bytes and never by what the uploader says. */
const decodable = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const DECODE_SECONDS = 10;
/** Decoders at work at once: each may hold one image of the largest size. */
const CONCURRENCY = 2;

sharp.cache(false);
sharp.concurrency(1);

/** Makes thumbnails once and keeps them beside their blob. */
export class Thumbnailer {
  readonly #blobs: BlobStore;
  readonly #maxPixels: number;
  readonly #made;
  readonly #underWay = new Map<string, Promise<NoThumbnail | undefined>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(blobs: BlobStore, maxPixels: number, observability: Observability) {
    this.#blobs = blobs;
    this.#maxPixels = maxPixels;
    this.#made = counter(observability, 'plexus_media_thumbnails_total', 'Thumbnails made, by outcome.', ['outcome']);
  }

  /** The thumbnail of a blob in a size. */
  async get(hash: Buffer, size: ThumbnailSize): Promise<Thumbnail | NoThumbnail> {
    const variant = `${size.width}x${size.height}-${size.method}`;
    const there = await this.#stored(hash, variant);
    if (there !== undefined) return there;
    const key = `${hash.toString('hex')}-${variant}`;
    let making = this.#underWay.get(key);
    if (making === undefined) {
      making = this.#make(hash, variant, size).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, making);
    }
    const problem = await making;
    return problem ?? (await this.#stored(hash, variant)) ?? 'not an image';
  }

  async #stored(hash: Buffer, variant: string): Promise<Thumbnail | undefined> {
    for (const [extension, contentType] of [
      ['jpg', 'image/jpeg'],
      ['png', 'image/png'],
    ] as const) {
      const file = await this.#blobs.read(hash, `${variant}.${extension}`);
      if (file !== undefined) return { ...file, contentType };
    }
    return undefined;
  }

  async #make(hash: Buffer, variant: string, size: ThumbnailSize): Promise<NoThumbnail | undefined> {
    const release = await this.#slot();
    try {
      const path = this.#blobs.pathOf(hash);
      const type = await fileTypeFromFile(path);
      if (type === undefined || !decodable.has(type.mime)) return this.#failed('not an image');
      const image = sharp(path, { limitInputPixels: this.#maxPixels, failOn: 'error', animated: false });
      const { width = 0, height = 0 } = await image.metadata();
      if (width * height > this.#maxPixels) return this.#failed('too large');
      const resized = image
        .rotate()
        .resize({
          width: size.width,
          height: size.height,
          fit: size.method === 'crop' ? 'cover' : 'inside',
          withoutEnlargement: true,
        })
        .timeout({ seconds: DECODE_SECONDS });
      const jpeg = type.mime === 'image/jpeg';
      const content = await (jpeg ? resized.jpeg({ quality: 80 }) : resized.png({ compressionLevel: 9 })).toBuffer();
      await this.#blobs.writeDerived(hash, `${variant}.${jpeg ? 'jpg' : 'png'}`, content);
      this.#made.inc({ outcome: 'made' });
      return undefined;
    } catch (error) {
      // What the decoder refuses is no image, whatever its first bytes say; anything else is a fault of ours.
      if (error instanceof Error && !('code' in error)) return this.#failed('not an image');
      throw error;
    } finally {
      release();
    }
  }

  #failed(outcome: NoThumbnail): NoThumbnail {
    this.#made.inc({ outcome });
    return outcome;
  }

  async #slot(): Promise<() => void> {
    if (this.#running >= CONCURRENCY) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
    return () => {
      this.#running--;
      this.#waiting.shift()?.();
    };
  }
}
