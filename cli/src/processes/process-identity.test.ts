import { expect, test } from 'vitest';
import { parseProcStat } from './process-identity.ts';

const rest = 'S 1 2 2 0 -1 4194560 100 0 0 0 5 3 0 0 20 0 11 0 7777 1000000 2000';

test('the start time is the 22nd field, whatever the command is called', () => {
  expect(parseProcStat(`42 (node) ${rest}`)).toBe('7777');
  expect(parseProcStat(`42 (a) (b c) ${rest}`)).toBe('7777');
});

test('a zombie is no running process', () => {
  expect(parseProcStat(`42 (node) ${rest.replace('S', 'Z')}`)).toBeUndefined();
});
