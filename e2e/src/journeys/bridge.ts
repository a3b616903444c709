import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, listAt } from '../stack/http-client.ts';

export interface Transaction {
  readonly id: string;
  readonly body: string;
  readonly events: readonly Json[];
  readonly authorization: string | undefined;
}

/** A bridge that keeps what it is told; `failing` transactions are answered with 500, as often as wanted. */
export interface ScriptedBridge {
  readonly url: string;
  readonly transactions: readonly Transaction[];
  /** The next so many transactions fail. */
  fail(times: number): void;
  /** Most transactions that were under way at one time. */
  mostAtOnce(): number;
  readonly server: Server;
}

export async function startBridge(): Promise<ScriptedBridge> {
  const transactions: Transaction[] = [];
  let failures = 0;
  let underWay = 0;
  let most = 0;
  const server = createServer((incoming, outgoing) => {
    underWay++;
    most = Math.max(most, underWay);
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      underWay--;
      const id = /^\/_matrix\/app\/v1\/transactions\/(.+)$/.exec(incoming.url ?? '')?.[1];
      const body = Buffer.concat(chunks).toString('utf8');
      if (id !== undefined) {
        const parsed: Json = JSON.parse(body);
        transactions.push({
          id,
          body,
          events: listAt(parsed, 'events'),
          authorization: incoming.headers.authorization,
        });
      }
      const failed = id !== undefined && failures-- > 0;
      outgoing.writeHead(failed ? 500 : 200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    transactions,
    fail: (times) => {
      failures = times;
    },
    mostAtOnce: () => most,
    server,
  };
}
