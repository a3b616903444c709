import { describe, expect, it } from 'vitest';
import { cropDimensions, type ThumbnailMethod, thumbnailVariant } from './thumbnail-size.ts';

const photo = { width: 4000, height: 3000 };

describe('which thumbnail answers a request', () => {
  it.each([
    [32, 32, 'crop', '32x32-crop'],
    [33, 33, 'crop', '96x96-crop'],
    [120, 120, 'crop', '240x240-crop'],
    [100, 50, 'crop', '320x240-crop'],
    [1, 1, 'scale', '32x32-scale'],
    [320, 240, 'scale', '320x240-scale'],
    [321, 10, 'scale', '640x480-scale'],
    [800, 600, 'scale', '800x600-scale'],
    [1000, 700, 'scale', '1280x960-scale'],
  ] as const)('%dx%d %s: %s', (width, height, method: ThumbnailMethod, name) => {
    expect(thumbnailVariant({ width, height, method, animated: false }, photo)).toMatchObject({ name });
  });

  it('the original when it is no larger, or larger than any thumbnail is asked for', () => {
    const asked = { width: 640, height: 480, method: 'scale', animated: false } as const;
    expect(thumbnailVariant(asked, { width: 640, height: 480 })).toBe('original');
    expect(thumbnailVariant(asked, { width: 10, height: 10 })).toBe('original');
    expect(thumbnailVariant({ ...asked, width: 5000 }, photo)).toBe('original');
  });
});

describe('the size of a crop', () => {
  it('keeps its shape and is never larger than the image', () => {
    expect(cropDimensions({ width: 96, height: 96 }, photo)).toEqual({ width: 96, height: 96 });
    expect(cropDimensions({ width: 96, height: 96 }, { width: 48, height: 500 })).toEqual({ width: 48, height: 48 });
    expect(cropDimensions({ width: 320, height: 240 }, { width: 1, height: 5000 })).toEqual({ width: 1, height: 1 });
  });
});
