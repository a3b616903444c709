import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryQueue, EntryWindow } from './entry-window.ts';

const positions = (entries: readonly { readonly position: number }[]) => entries.map(({ position }) => position);

describe('a queue', () => {
  it('gives what came after a position, in order, however much was taken from its front', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.nat(220), fc.nat(220), (count, taken, after) => {
        const queue = new EntryQueue<{ position: number }>();
        for (let position = 1; position <= count; position++) queue.push({ position });
        for (let index = 0; index < taken; index++) queue.shift();
        const left = Array.from({ length: count }, (_, index) => index + 1).slice(taken);
        expect(positions(queue.after(after))).toEqual(left.filter((position) => position > after));
        expect(queue.size).toBe(left.length);
        expect(queue.first?.position).toBe(left[0]);
      }),
    );
  });

  it('replaces an entry in its place, and none that was taken already', () => {
    const queue = new EntryQueue<{ position: number; name: string }>();
    queue.push({ position: 1, name: 'a' });
    queue.push({ position: 2, name: 'b' });
    queue.shift();
    queue.replace({ position: 1, name: 'A' });
    queue.replace({ position: 2, name: 'B' });
    expect(queue.after(0)).toEqual([{ position: 2, name: 'B' }]);
    expect(queue.find(({ name }) => name === 'a')).toBeUndefined();
  });
});

describe('a window', () => {
  it('drops the oldest entry of all rooms when it is full, and says from where on it is whole', () => {
    const window = new EntryWindow(300, 10);
    const [quiet, busy] = [new EntryQueue<{ position: number }>(), new EntryQueue<{ position: number }>()];
    window.add(quiet, { position: 11 }, 100);
    window.add(busy, { position: 12 }, 100);
    window.add(busy, { position: 13 }, 100);
    expect(window.floor).toBe(10);
    window.add(busy, { position: 14 }, 150);
    expect(positions(quiet.after(0))).toEqual([]);
    expect(positions(busy.after(0))).toEqual([13, 14]);
    expect(window.floor).toBe(12);
    expect(window.bytes).toBe(250);
  });
});
