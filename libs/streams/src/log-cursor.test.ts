import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LogCursor } from './log-cursor.ts';

const limits = { reorderMs: 20, heldEntries: 100, heldBytes: 10_000 };
const cursorAt = (position: number) => new LogCursor(position, limits);
const entries = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ position: first + index, traceparent: '' }));
const positions = (taken: readonly { position: number }[]) => taken.map((entry) => entry.position);

describe('what a message brings', () => {
  test('goes on when it follows the last', () => {
    const cursor = cursorAt(5);
    expect(cursor.receive(entries(6, 8), 30, 0)).toBe('next');
    expect(positions(cursor.take(10, 1_000))).toEqual([6, 7, 8]);
    expect(cursor.lag).toBe(3);
    cursor.applied(8);
    expect(cursor.lag).toBe(0);
  });

  test('is dropped when it was here before, wholly or in part', () => {
    const cursor = cursorAt(5);
    expect(cursor.receive(entries(3, 5), 30, 0)).toBe('duplicate');
    expect(cursor.receive(entries(4, 7), 30, 0)).toBe('next');
    expect(positions(cursor.take(10, 1_000))).toEqual([6, 7]);
  });

  test('waits when something before it is missing, and goes on when that comes', () => {
    const cursor = cursorAt(5);
    expect(cursor.receive(entries(8, 9), 30, 0)).toBe('ahead');
    expect(cursor.receive(entries(12, 12), 30, 0)).toBe('ahead');
    expect(cursor.receive(entries(10, 11), 30, 0)).toBe('ahead');
    expect(cursor.take(10, 1_000)).toEqual([]);
    expect(cursor.receive(entries(6, 7), 30, 1)).toBe('next');
    expect(positions(cursor.take(10, 1_000))).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(cursor.gapDueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('is refused when its positions are not consecutive', () => {
    const cursor = cursorAt(0);
    expect(cursor.receive([...entries(1, 1), ...entries(3, 3)], 30, 0)).toBe('malformed');
    expect(cursor.receive([], 0, 0)).toBe('malformed');
    expect(cursor.receive(entries(0, 2), 30, 0)).toBe('malformed');
    expect(cursor.end).toBe(0);
  });
});

describe('a gap', () => {
  test('is read from the owner after the time a late message may take', () => {
    const cursor = cursorAt(5);
    cursor.receive(entries(10, 12), 30, 1_000);
    expect(cursor.wanted(1_019)).toBeUndefined();
    expect(cursor.wanted(1_020)).toEqual({ from: 6, to: 9 });
  });

  test('goes on to be read without another wait when the owner gave a part', () => {
    const cursor = cursorAt(5);
    cursor.receive(entries(10, 12), 30, 1_000);
    cursor.filled(entries(6, 7), 20, 12);
    expect(cursor.wanted(1_021)).toEqual({ from: 8, to: 9 });
    cursor.filled(entries(8, 9), 20, 12);
    expect(cursor.wanted(1_022)).toBeUndefined();
    expect(positions(cursor.take(100, 10_000))).toEqual([6, 7, 8, 9, 10, 11, 12]);
  });

  test('at the end shows by the owner’s head', () => {
    const cursor = cursorAt(5);
    cursor.filled(entries(6, 7), 20, 30);
    expect(cursor.wanted(0)).toEqual({ from: 8, to: undefined });
    expect(cursor.lag).toBe(25);
  });

  test('at the end shows by a message whose entry was too big for it', () => {
    const cursor = cursorAt(5);
    cursor.announce(6);
    expect(cursor.wanted(0)).toEqual({ from: 6, to: undefined });
  });

  test('is closed when the owner does not have what came ahead: a restore has undone it', () => {
    const cursor = cursorAt(5);
    cursor.receive(entries(10, 12), 30, 0);
    cursor.filled([], 0, 5);
    expect(cursor.wanted(1_000)).toBeUndefined();
    expect(cursor.lag).toBe(0);
    expect(cursor.receive(entries(6, 6), 10, 0)).toBe('next');
  });
});

describe('memory', () => {
  test('is bounded: what comes when it is full is dropped and wanted later', () => {
    const cursor = cursorAt(0);
    cursor.receive(entries(1, 100), 1_000, 0);
    expect(cursor.receive(entries(101, 101), 10, 0)).toBe('full');
    expect(cursor.wanted(0)).toBeUndefined();
    expect(cursor.take(100, 10_000)).toHaveLength(100);
    expect(cursor.wanted(0)).toEqual({ from: 101, to: undefined });
  });

  test('that is full of what is ahead takes what closes the gap all the same', () => {
    const cursor = cursorAt(0);
    cursor.receive(entries(10, 120), 9_000, 0);
    cursor.filled(entries(1, 9), 90, 120);
    expect(cursor.end).toBe(120);
  });

  test('batches are cut at the wanted number of entries and bytes', () => {
    const cursor = cursorAt(0);
    cursor.receive(entries(1, 10), 1_000, 0);
    cursor.receive(entries(11, 20), 1_000, 0);
    expect(cursor.take(4, 10_000)).toHaveLength(4);
    expect(cursor.take(100, 1_200)).toHaveLength(6);
    expect(cursor.take(100, 10)).toHaveLength(10);
  });
});

test('after a reset everything behind the stored position is wanted again', () => {
  const cursor = cursorAt(0);
  cursor.receive(entries(1, 6), 60, 0);
  cursor.take(3, 1_000);
  cursor.reset(2);
  expect(cursor.position).toBe(2);
  expect(cursor.wanted(0)).toEqual({ from: 3, to: undefined });
  cursor.filled(entries(3, 6), 40, 6);
  expect(positions(cursor.take(10, 1_000))).toEqual([3, 4, 5, 6]);
});

test('whatever is lost, doubled or out of order, every entry is taken once and in order', () => {
  const message = fc.record({ first: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 1, max: 8 }) });
  const step = fc.oneof(
    message.map((sent) => ({ kind: 'message' as const, ...sent })),
    fc.constant({ kind: 'read' as const }),
    fc.integer({ min: 1, max: 10 }).map((count) => ({ kind: 'take' as const, count })),
    fc.integer({ min: 0, max: 3 }).map((lost) => ({ kind: 'fail' as const, lost })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const cursor = new LogCursor(0, { reorderMs: 20, heldEntries: 25, heldBytes: 10_000 });
      const applied: number[] = [];
      let now = 0;
      const read = () => {
        const range = cursor.wanted(now);
        if (range === undefined) return;
        const last = Math.min(range.to ?? 70, range.from + 6, 70);
        cursor.filled(entries(range.from, last), 10, 70);
      };
      const take = (count: number) => {
        const taken = positions(cursor.take(count, 1_000));
        applied.push(...taken);
        cursor.applied(applied.length);
      };
      for (const current of steps) {
        now += 15;
        if (current.kind === 'message') cursor.receive(entries(current.first, current.first + current.length), 10, now);
        else if (current.kind === 'read') read();
        else if (current.kind === 'take') take(current.count);
        else {
          cursor.take(current.lost, 1_000);
          cursor.reset(applied.length);
        }
      }
      cursor.announce(70);
      for (let rounds = 0; rounds < 200 && applied.length < 70; rounds += 1) {
        now += 25;
        read();
        take(10);
      }
      expect(applied).toEqual(positions(entries(1, 70)));
      expect(cursor.lag).toBe(0);
    }),
    { numRuns: 500 },
  );
});
