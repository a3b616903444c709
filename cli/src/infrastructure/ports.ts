import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what the kernel gives to outgoing connections (32768 and up on Linux, 49152 on macOS): a port from there may be taken by any
 * connection while the service that listens on it is started again.
 */
const lowest = 12_000;
const highest = 32_700;

/** Ports of the loopback address that were free just now, all different, and none of those already given away. */
export const freePorts = async (count: number, given: readonly number[] = []): Promise<number[]> => {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count && attempt < highest - lowest; attempt++) {
    const port = randomInt(lowest, highest);
    if (!given.includes(port) && (await isPortFree('127.0.0.1', port))) ports.add(port);
  }
  return [...ports];
};

/** True when nobody listens on this address and port; false also when it may not be used (below 1024, foreign address). */
export const isPortFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
