import type { DestinationStream } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createLogger, type LogLevel } from './logger.ts';
import { startTracing } from './start-tracing.ts';
import type { Observability } from './types.ts';

export interface ObservabilityOptions {
  /** Name of the process in logs and traces: the service's, or `plexus` for several. */
  readonly service: string;
  readonly level: LogLevel;
  /** Where log lines go; standard output when absent. */
  readonly destination?: DestinationStream;
  /** Where spans go; without it there is no tracing. */
  readonly otlp?: { readonly endpoint: string; readonly sampleRatio: number };
}

export interface ProcessObservability extends Observability {
  /** Flushes spans and turns tracing off. */
  shutdown(): Promise<void>;
}

/** Logs, metrics (with Node's own: event loop lag, garbage collection, memory) and tracing of one process. */
export function createObservability(options: ObservabilityOptions): ProcessObservability {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const stopTracing =
    options.otlp === undefined
      ? undefined
      : startTracing({
          service: options.service,
          sampleRatio: options.otlp.sampleRatio,
          exportTo: { otlpEndpoint: options.otlp.endpoint },
        });
  return {
    log: createLogger(options),
    metrics,
    shutdown: async () => stopTracing?.(),
  };
}
