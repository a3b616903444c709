import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ExportedSpan, readExport } from './otlp-message.ts';

/** Takes spans as an OpenTelemetry collector does: OTLP over HTTP, protobuf. */
export interface Collector {
  readonly endpoint: string;
  /** All spans so far. */
  readonly spans: readonly ExportedSpan[];
  /** All bytes so far, as text: what is not in here was not exported. */
  text(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: ExportedSpan[] = [];
  const payloads: Buffer[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const isExport = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
      if (isExport) {
        payloads.push(body);
        spans.push(...readExport(body));
      }
      response.writeHead(isExport ? 200 : 400);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: Pick<AddressInfo, 'port'> = addressOf(server.address());
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    text: () => Buffer.concat(payloads).toString('latin1'),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('the collector listens on no port');
  return address;
}
