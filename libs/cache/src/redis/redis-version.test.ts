import { expect, it } from 'vitest';
import { versionProblem } from './redis-version.ts';

it.each([
  ['# Server\r\nredis_version:6.2.0\r\n', undefined],
  ['# Server\r\nredis_version:7.0.15\r\n', undefined],
  ['# Server\r\nredis_version:6.0.16\r\n', 'Redis 6.0 is older than 6.2: upgrade it'],
  ['# Server\r\nredis_version:5.0.14\r\n', 'Redis 5.0 is older than 6.2: upgrade it'],
])('INFO %j is judged %j', (info, problem) => {
  expect(versionProblem(info)).toBe(problem);
});
