import type { FileHandle } from 'node:fs/promises';
import { type Clock, gauge, histogram, mediaapiMetrics, type Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { BoundedWork } from '@plexus/service';
import { LRUCache } from 'lru-cache';
import { type ThumbnailRequest, type ThumbnailVariant, thumbnailVariant } from '../domain/thumbnail-size.ts';
import type { MediaFiles } from '../files/media-files.ts';
import { findThumbnail, insertThumbnail, type StoredThumbnail } from '../storage/thumbnails.ts';
import type { ImageHeader } from './image.ts';

export interface ThumbnailerOptions {
  readonly database: Database;
  readonly files: MediaFiles;
  readonly maxPixels: number;
  readonly clock: Clock;
  readonly observability: Observability;
}

export type FoundThumbnail =
  | { readonly kind: 'original'; readonly contentType: string }
  | (StoredThumbnail & { readonly kind: 'thumbnail'; readonly variant: string; readonly file: FileHandle });

const MAX_WAITING = 64;

/** Loaded with the first image: a process that makes no thumbnails spares 10 MB. */
const decoder = () => import('./decoder.ts');

/** About 200 bytes each. */
const MAX_HEADERS = 10_000;

/** Thumbnails, made once and kept. As many at once as there are cores: each may take four bytes for every pixel of its image. */
export class Thumbnailer {
  readonly #options: ThumbnailerOptions;
  readonly #headers = new LRUCache<string, ImageHeader>({ max: MAX_HEADERS });
  readonly #making = new Map<string, Promise<StoredThumbnail | undefined>>();
  readonly #work = new BoundedWork({ maxWaiting: MAX_WAITING });
  readonly #seconds;

  constructor(options: ThumbnailerOptions) {
    this.#options = options;
    const { observability } = options;
    this.#seconds = histogram(observability, mediaapiMetrics.thumbnailSeconds);
    gauge(observability, mediaapiMetrics.thumbnailsWaiting, (metric) => metric.set(this.#work.waiting));
  }

  /**
   * The thumbnail that answers a request, or that the original does.
   * @throws NotAnImage, TooManyPixels, TooMuchWork
   */
  async find(hash: Buffer, asked: ThumbnailRequest): Promise<FoundThumbnail> {
    const header = await this.#header(hash);
    const variant = variantFor(asked, header);
    if (variant === 'original') return { kind: 'original', contentType: header.contentType };
    const { database, files } = this.#options;
    const stored = await findThumbnail(database, hash, variant.name);
    const file = stored && (await files.openThumbnail(hash, variant.name));
    if (stored !== undefined && file !== undefined)
      return { kind: 'thumbnail', variant: variant.name, file, ...stored };
    const made = await this.#make(hash, header, variant);
    // There is no room to keep a thumbnail: the original shows the same.
    if (made === undefined) return { kind: 'original', contentType: header.contentType };
    const written = await files.openThumbnail(hash, variant.name);
    if (written === undefined) throw new Error('a thumbnail that was written is not there');
    return { kind: 'thumbnail', variant: variant.name, file: written, ...made };
  }

  async #header(hash: Buffer): Promise<ImageHeader> {
    const key = hash.toString('base64');
    const known = this.#headers.get(key);
    if (known !== undefined) return known;
    const { files, maxPixels } = this.#options;
    const header = await (await decoder()).readImageHeader(files.contentPath(hash), maxPixels);
    this.#headers.set(key, header);
    return header;
  }

  #make(hash: Buffer, header: ImageHeader, variant: ThumbnailVariant): Promise<StoredThumbnail | undefined> {
    const key = `${hash.toString('base64')} ${variant.name}`;
    const making = this.#making.get(key);
    if (making !== undefined) return making;
    const work = this.#work.run(() => this.#timed(hash, header, variant)).finally(() => this.#making.delete(key));
    this.#making.set(key, work);
    return work;
  }

  async #timed(hash: Buffer, header: ImageHeader, variant: ThumbnailVariant): Promise<StoredThumbnail | undefined> {
    const end = this.#seconds.startTimer();
    try {
      return await this.#makeNow(hash, header, variant);
    } finally {
      end();
    }
  }

  async #makeNow(hash: Buffer, header: ImageHeader, variant: ThumbnailVariant): Promise<StoredThumbnail | undefined> {
    const { database, files, maxPixels, clock } = this.#options;
    const { bytes, contentType } = await (await decoder()).makeThumbnail(
      files.contentPath(hash),
      header,
      variant,
      maxPixels,
    );
    if (!(await files.writeThumbnail(hash, variant.name, bytes))) return undefined;
    const stored = { contentType, size: bytes.length };
    await insertThumbnail(database, hash, variant.name, stored, clock.now());
    return stored;
  }
}

/** An animation that must not move has a picture of its own even in its full size. */
function variantFor(asked: ThumbnailRequest, header: ImageHeader): ThumbnailVariant | 'original' {
  const animated = asked.animated && header.isAnimated;
  const variant = thumbnailVariant({ ...asked, animated }, header);
  if (variant !== 'original' || animated || !header.isAnimated) return variant;
  return { width: header.width, height: header.height, method: 'scale', animated: false, name: 'still' };
}
