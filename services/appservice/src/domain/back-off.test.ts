import { describe, expect, it } from 'vitest';
import { backOffMs } from './back-off.ts';

describe('the wait after failures', () => {
  it('doubles from half a second to a second', () => {
    expect([1, 2, 3].map((failures) => backOffMs(failures, 0))).toEqual([500, 1000, 2000]);
    expect(backOffMs(1, 0.5)).toBe(750);
  });

  it('ends at five minutes', () => {
    expect(backOffMs(1000, 1)).toBe(300_000);
  });
});
