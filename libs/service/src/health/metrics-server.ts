import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gauge, type Observability, processMetrics } from '@plexus/observability';
import { listenOn } from '../listen-on.ts';
import type { EventLoopWatch } from './event-loop-watch.ts';
import type { Readiness } from './readiness.ts';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/**
 * What orchestrators and Prometheus ask: `/health/live` (200 while the event loop turns), `/health/ready` (200, or 503 with the
 * problems; `degraded` says what it does without meanwhile) and `/metrics`. Not for the outside.
 */
export async function startMetricsServer(
  listen: { readonly host: string; readonly port: number },
  readiness: Readiness,
  eventLoop: EventLoopWatch,
  observability: Observability,
): Promise<MetricsServer> {
  gauge(observability, processMetrics.degraded, async (degraded) =>
    degraded.set((await readiness.degradations()).length),
  );
  gauge(observability, processMetrics.ready, async (ready) =>
    ready.set((await readiness.problems()).length === 0 ? 1 : 0),
  );
  const answers: Readonly<Record<string, () => Promise<Answer>>> = {
    '/metrics': async () => ({
      status: 200,
      type: observability.metrics.contentType,
      body: await observability.metrics.metrics(),
    }),
    '/health/live': async () =>
      json(eventLoop.isStuck() ? 503 : 200, { live: !eventLoop.isStuck(), eventLoopDelayMs: eventLoop.delayMs() }),
    '/health/ready': async () => {
      const [problems, degraded] = await Promise.all([readiness.problems(), readiness.degradations()]);
      const ready = problems.length === 0;
      return json(ready ? 200 : 503, { ready, problems, degraded });
    },
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const find = answers[(request.url ?? '').split('?', 1)[0] ?? ''];
    let found: Answer;
    try {
      found = find === undefined ? json(404, { error: 'not found' }) : await find();
    } catch (error) {
      observability.log.error({ error }, 'a probe cannot be answered');
      found = json(500, { error: 'internal error' });
    }
    response.writeHead(found.status, { 'content-type': found.type });
    response.end(found.body);
  };
  const server = createServer((request, response) => void answer(request, response));
  const port = await listenOn(server, listen);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(status: number, body: object): Answer {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}
