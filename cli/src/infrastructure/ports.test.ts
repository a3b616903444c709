import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePorts, isPortFree } from './ports.ts';

test('free ports differ from each other and from those given away', async () => {
  const given = Array.from({ length: 10_000 }, (_, index) => 12_000 + index);
  const ports = await freePorts(200, given);
  expect(new Set(ports).size).toBe(200);
  expect(ports.filter((port) => given.includes(port) || port >= 32_700)).toEqual([]);
});

test('a port that somebody listens on is not free', async () => {
  const [port = 0] = await freePorts(1);
  expect(await isPortFree('127.0.0.1', port)).toBe(true);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await isPortFree('127.0.0.1', port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
});
