import { type AddressInfo, createServer } from 'node:net';

/** Speaks the part of NATS' protocol that a client needs to connect, as 2.9.25 does; binaries that old are not to be had everywhere. */
export async function oldNats(): Promise<{ url: string } & AsyncDisposable> {
  const info = {
    server_id: 'OLD',
    version: '2.9.25',
    proto: 1,
    headers: true,
    max_payload: 1_048_576,
    jetstream: true,
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on('data', (data) => {
      if (data.includes('PING')) socket.write('PONG\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `nats://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
