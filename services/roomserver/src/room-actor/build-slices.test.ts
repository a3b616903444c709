import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { BuildSlices, SLICE_MS } from './build-slices.ts';

describe('a slice', () => {
  it('lasts its time, and then all wait for the next turn of the event loop', async () => {
    let now = 100;
    const slices = new BuildSlices(() => now);
    expect(slices.pause()).toBeUndefined();
    now += SLICE_MS - 1;
    expect(slices.pause()).toBeUndefined();
    now += 1;
    const [first, second] = [slices.pause(), slices.pause()];
    expect(first).toBeInstanceOf(Promise);
    expect(second).toBe(first);
    await first;
    expect(slices.pause()).toBeUndefined();
  });

  it('begins anew in every turn of the event loop', async () => {
    let now = 0;
    const slices = new BuildSlices(() => now);
    expect(slices.pause()).toBeUndefined();
    await setImmediate();
    now += 10 * SLICE_MS;
    expect(slices.pause()).toBeUndefined();
  });
});
