import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { createObservability } from './create-observability.ts';
import { withSpan } from './tracing.ts';

const silent = { write: () => undefined };

async function collector(status: number) {
  const received: { path: string; type: string; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const type = request.headers['content-type'] ?? '';
      received.push({ path: request.url ?? '', type, body: Buffer.concat(chunks) });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { received, endpoint: `http://127.0.0.1:${port}`, close: () => server.close() };
}

test('spans go to the collector as OTLP protobuf, at the latest when the process stops', async () => {
  const { received, endpoint, close } = await collector(200);
  const observability = createObservability({
    service: 'roomserver',
    level: 'error',
    destination: silent,
    tracing: { otlpEndpoint: endpoint, sampleRatio: 1 },
  });
  withSpan('work a span of its own', { 'plexus.event_count': 3 }, () => {});
  await observability.shutdown();
  close();
  expect(received).toMatchObject([{ path: '/v1/traces', type: 'application/x-protobuf' }]);
  const body = received[0]?.body.toString('latin1') ?? '';
  for (const text of ['roomserver', 'work a span of its own', 'plexus.event_count']) expect(body).toContain(text);
  expect(withSpan('after', {}, ({ sampled }) => sampled)).toBe(false);
});

test('a collector that is away delays the end by five seconds at most, and the log says what is lost', async () => {
  const lines: string[] = [];
  const observability = createObservability({
    service: 'test',
    level: 'warn',
    destination: { write: (line) => void lines.push(line) },
    tracing: { otlpEndpoint: 'http://127.0.0.1:1', sampleRatio: 1 },
  });
  withSpan('lost', {}, () => {});
  const startedAt = performance.now();
  await observability.shutdown();
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  expect(lines.join('')).toContain('the last spans are lost');
});
