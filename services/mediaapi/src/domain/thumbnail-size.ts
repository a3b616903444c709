export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

export type ThumbnailMethod = 'crop' | 'scale';

/** What a client asks for. */
export interface ThumbnailRequest extends Dimensions {
  readonly method: ThumbnailMethod;
  readonly animated: boolean;
}

/** A thumbnail that is made: `scale` fits into its box, `crop` fills it. */
export interface ThumbnailVariant extends ThumbnailRequest {
  /** Names it among those of the same media. */
  readonly name: string;
}

/**
 * Sizes that are made. The specification's are 32 and 96 (crop), 320x240, 640x480 and 800x600 (scale); both methods have them all, and two
 * larger ones for dense displays. That there are few bounds how many files one image can become.
 */
const boxes: readonly Dimensions[] = [
  { width: 32, height: 32 },
  { width: 96, height: 96 },
  { width: 320, height: 240 },
  { width: 640, height: 480 },
  { width: 800, height: 600 },
  { width: 1280, height: 960 },
  { width: 1920, height: 1440 },
];

/** Sides of squares that are cut out: what clients crop is avatars. */
const squares: readonly number[] = [32, 96, 240, 480, 800, 1280];

/**
 * The smallest variant that is no smaller than what is asked for, or `original` when that is: the image is smaller than asked for, or no
 * variant is large enough. Client-server API, "Thumbnails".
 */
export function thumbnailVariant(asked: ThumbnailRequest, image: Dimensions): ThumbnailVariant | 'original' {
  if (image.width <= asked.width && image.height <= asked.height) return 'original';
  const box = asked.method === 'crop' && asked.width === asked.height ? squareFor(asked.width) : boxFor(asked);
  if (box === undefined) return 'original';
  const { width, height } = box;
  const { method, animated } = asked;
  return { width, height, method, animated, name: `${width}x${height}-${method}${animated ? '-animated' : ''}` };
}

/** The size of a crop: the variant's shape, and never larger than the image has pixels for. */
export function cropDimensions(variant: Dimensions, image: Dimensions): Dimensions {
  const factor = Math.min(1, image.width / variant.width, image.height / variant.height);
  return {
    width: Math.max(1, Math.round(variant.width * factor)),
    height: Math.max(1, Math.round(variant.height * factor)),
  };
}

function squareFor(side: number): Dimensions | undefined {
  const square = squares.find((candidate) => candidate >= side);
  return square === undefined ? undefined : { width: square, height: square };
}

function boxFor({ width, height }: Dimensions): Dimensions | undefined {
  return boxes.find((box) => box.width >= width && box.height >= height);
}
