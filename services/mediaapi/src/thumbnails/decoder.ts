import { type FileHandle, open } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import sharp, { type Sharp } from 'sharp';
import { cropDimensions, type Dimensions, type ThumbnailVariant } from '../domain/thumbnail-size.ts';
import { type ImageHeader, NotAnImage, type Thumbnail, TooManyPixels } from './image.ts';

/** What file-type looks at. */
const HEAD_BYTES = 4100;
const DECODE_SECONDS = 10;
const MAX_FRAMES = 500;
const types: ReadonlySet<string> = new Set(['image/png', 'image/apng', 'image/jpeg', 'image/gif', 'image/webp']);

// No loader but those of the four formats: a file that is two things at once finds no other decoder (SVG, PDF, TIFF, ImageMagick …).
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadNsgif', 'VipsForeignLoadWebp'],
});
// Images are many and seen once; threads beside each other serve more of them than threads in one.
sharp.cache(false);
sharp.concurrency(1);

/**
 * What an image file says of itself, by its magic bytes and its header; nothing is decoded.
 * @throws NotAnImage, TooManyPixels, Error of the file system
 */
export async function readImageHeader(path: string, maxPixels: number): Promise<ImageHeader> {
  const contentType = await typeByMagic(path);
  const { autoOrient, pages: frames = 1 } = await imageErrors(sharp(path, { limitInputPixels: false }).metadata());
  const { width, height } = autoOrient;
  if (width * height > maxPixels) throw new TooManyPixels(`${width}x${height}`);
  return { width, height, contentType, frames, isAnimated: frames > 1 || contentType === 'image/apng' };
}

/**
 * Decodes an image and makes it smaller. An animation stays one when that is asked for and it is not too long; otherwise its first frame is shown.
 * @throws NotAnImage, TooManyPixels
 */
export async function makeThumbnail(
  path: string,
  header: ImageHeader,
  variant: ThumbnailVariant,
  maxPixels: number,
): Promise<Thumbnail> {
  const animated = variant.animated && canAnimate(header, maxPixels);
  const image = sharp(path, {
    animated,
    autoOrient: true,
    failOn: 'error',
    limitInputPixels: maxPixels,
    sequentialRead: true,
  });
  const resized = resize(image, header, variant).timeout({ seconds: DECODE_SECONDS });
  const { hasAlpha } = await imageErrors(image.metadata());
  const encoded = animated
    ? resized.webp({ quality: 75, effort: 2 })
    : hasAlpha
      ? resized.png()
      : resized.jpeg({ quality: 80 });
  const bytes = await imageErrors(encoded.toBuffer());
  return { contentType: animated ? 'image/webp' : hasAlpha ? 'image/png' : 'image/jpeg', bytes };
}

/** All frames of an animation count as pixels. */
export function canAnimate({ width, height, frames }: ImageHeader, maxPixels: number): boolean {
  return frames > 1 && frames <= MAX_FRAMES && width * height * frames <= maxPixels;
}

function resize(image: Sharp, header: Dimensions, variant: ThumbnailVariant): Sharp {
  if (variant.method === 'crop') return image.resize({ ...cropDimensions(variant, header), fit: 'cover' });
  const { width, height } = variant;
  return image.resize({ width, height, fit: 'inside', withoutEnlargement: true });
}

async function typeByMagic(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const type = await fileTypeFromBuffer(await head(file)).catch(() => undefined);
  if (type === undefined || !types.has(type.mime)) throw new NotAnImage(`not an image: ${type?.mime ?? 'unknown'}`);
  return type.mime;
}

async function head(file: FileHandle): Promise<Buffer> {
  const bytes = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await file.read(bytes, 0, HEAD_BYTES, 0);
  return bytes.subarray(0, bytesRead);
}

/** sharp tells its errors apart by their text alone. */
async function imageErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw text.includes('pixel limit') ? new TooManyPixels(text) : new NotAnImage(text);
  }
}
