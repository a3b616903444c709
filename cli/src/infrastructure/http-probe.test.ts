import { expect, test } from 'vitest';
import { parseAnswer } from './http-probe.ts';

test('an answer has a status and a body', () => {
  const answer = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n{"ready":false}';
  expect(parseAnswer(answer)).toEqual({ status: 503, body: '{"ready":false}' });
});

test.each(['', 'HTTP/1.1 200 OK\r\nCut: sh', 'SSH-2.0-OpenSSH\r\n\r\n'])('%j is none', (answer) => {
  expect(parseAnswer(answer)).toBeUndefined();
});
