import type { Dimensions } from '../domain/thumbnail-size.ts';

/** An image by its first bytes and header; the dimensions as it is shown, turned by its orientation. */
export interface ImageHeader extends Dimensions {
  readonly contentType: string;
  readonly frames: number;
  readonly isAnimated: boolean;
}

export interface Thumbnail {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The content is no image of a kind that is decoded, or a broken one. */
export class NotAnImage extends Error {
  override readonly name = 'NotAnImage';
}

/** Decoding it would take more pixels than allowed. */
export class TooManyPixels extends Error {
  override readonly name = 'TooManyPixels';
}
