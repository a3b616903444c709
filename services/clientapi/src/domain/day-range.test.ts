import { expect, test } from 'vitest';
import { dayRange } from './day-range.ts';

const now = Date.UTC(2026, 10, 21, 23, 59);

test('without days it is the last thirty', () => {
  expect(dayRange(null, null, now)).toEqual({ from: '2026-10-23', to: '2026-11-21' });
  expect(dayRange(null, '2026-03-01', now)).toEqual({ from: '2026-01-31', to: '2026-03-01' });
});

test('a day alone is a range', () => {
  expect(dayRange('2026-11-21', '2026-11-21', now)).toEqual({ from: '2026-11-21', to: '2026-11-21' });
});

test.each([
  ['yesterday', null, 'from'],
  ['2026-02-30', null, 'from'],
  ['2026-11-22', '2026-11-21', 'from'],
  ['1900-01-01', '2026-11-21', 'from'],
  [null, '2026-13-01', 'to'],
  [null, '', 'to'],
])('%s to %s is none', (from, to, problem) => {
  expect(dayRange(from, to, now)).toEqual({ problem });
});
