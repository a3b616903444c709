import { expect, test } from 'vitest';
import { lastLines } from './log-tail.ts';

test('a JSON line is told by its message and its cause, any other as it is', () => {
  const log = [
    'old',
    '{"level":50,"message":"cannot start","error":{"message":"port taken"}}',
    '',
    'FATAL: no space',
    '{"message":"bye"}',
    '',
  ];
  expect(lastLines(log.join('\n'), 3)).toEqual(['cannot start: port taken', 'FATAL: no space', 'bye']);
});
