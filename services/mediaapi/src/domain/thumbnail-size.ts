export type ThumbnailMethod = 'crop' | 'scale';

export interface ThumbnailSize {
  readonly width: number;
  readonly height: number;
  readonly method: ThumbnailMethod;
}

/** The sizes that are made, small before large: whatever is asked for, one image has this many thumbnails at most. Client-Server API, "Thumbnails". */
const sizes: readonly ThumbnailSize[] = [
  { width: 32, height: 32, method: 'crop' },
  { width: 96, height: 96, method: 'crop' },
  { width: 320, height: 240, method: 'crop' },
  { width: 640, height: 480, method: 'crop' },
  { width: 320, height: 240, method: 'scale' },
  { width: 640, height: 480, method: 'scale' },
  { width: 800, height: 600, method: 'scale' },
];

/** The smallest size that is no smaller than wanted, or the largest of the method. */
export function thumbnailSize(wanted: ThumbnailSize): ThumbnailSize {
  const ofMethod = sizes.filter((size) => size.method === wanted.method);
  const fitting = ofMethod.find((size) => size.width >= wanted.width && size.height >= wanted.height);
  return fitting ?? ofMethod.at(-1) ?? wanted;
}
