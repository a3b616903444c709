import type { Server } from 'node:http';

/** Listens; resolves to the port, which is another than asked for when that was 0. */
export function listenOn(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new TypeError('a server that listens has a port'));
      else resolve(address.port);
    });
  });
}
