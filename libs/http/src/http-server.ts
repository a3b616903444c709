import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { Edge, type EdgeOptions } from './edge.ts';
import { answerMalformedRequests } from './malformed-requests.ts';

export interface HttpServerOptions extends EdgeOptions {
  /** Key and certificate of a listener that speaks TLS. */
  readonly tls?: SecureContextOptions | undefined;
}

export interface HttpServer {
  /** Port 0 takes a free one; resolves to the one taken. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>;
  /** Of connections that are made from here on; without effect where no TLS is spoken. */
  setCertificate(tls: SecureContextOptions): void;
  /** From here on each answer ends its connection: whoever keeps connections open goes elsewhere before this one closes. */
  leave(): void;
  /** Takes no more connections, lets requests in hand end for at most so long, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

/** A client gets this long to send its headers, and an upload to come in; answers may take as long as they like. */
const timeouts: ServerOptions = {
  headersTimeout: 15_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5000,
  // Checked by the edge, whose answer is a Matrix error.
  requireHostHeader: false,
};

/** The HTTP side of a process: the operations it has handlers for, and a gateway to those it has not. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const edge = new Edge(options);
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => edge.receive(incoming, outgoing);
  const secure = options.tls && createTlsServer({ ...timeouts, ...options.tls }, listener);
  const server: Server = secure ?? createServer(timeouts, listener);
  server.on('checkExpectation', (incoming: IncomingMessage, outgoing: ServerResponse) =>
    edge.refuseExpectation(incoming, outgoing),
  );
  answerMalformedRequests(server, edge);
  return {
    listen: ({ host, port }) => listen(server, host, port),
    setCertificate: (tls) => secure?.setSecureContext(tls),
    leave() {
      edge.closing = true;
    },
    async close(graceMs) {
      edge.closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
      await edge.stop();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve({ port: portOf(server.address()) });
    });
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('a server that listens has a port');
  return address.port;
}
