import { describe, expect, it } from 'vitest';
import { figure } from './musts.ts';

describe('a figure', () => {
  it('is held against its limit, which may be the most or the least', () => {
    expect(figure('send, 1 user: p50', 1.4, 'ms')).toMatchObject({ must: '≤ 1.5', ok: true });
    expect(figure('send, 1 user: p50', 1.6, 'ms').ok).toBe(false);
    expect(figure('createRoom: per second', 249, '1/s')).toMatchObject({ must: '≥ 250', ok: false });
    expect(figure('createRoom: per second', 250, '1/s').ok).toBe(true);
  });

  it('without a limit is only shown', () => {
    expect(figure('something', 1, 'B')).toEqual({ name: 'something', value: 1, unit: 'B' });
  });
});
