import { describe, expect, it } from 'vitest';
import { thumbnailSize } from './thumbnail-size.ts';

describe('the size of a thumbnail', () => {
  it('is the smallest that is large enough', () => {
    expect(thumbnailSize({ width: 64, height: 64, method: 'crop' })).toEqual({ width: 96, height: 96, method: 'crop' });
    expect(thumbnailSize({ width: 321, height: 1, method: 'scale' })).toMatchObject({ width: 640 });
  });

  it('is the largest where none is large enough', () => {
    expect(thumbnailSize({ width: 5000, height: 5000, method: 'scale' })).toMatchObject({ width: 800, height: 600 });
    expect(thumbnailSize({ width: 5000, height: 1, method: 'crop' })).toMatchObject({ width: 640, height: 480 });
  });
});
