import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { DestinationStream } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { observeEventLoopLag } from './event-loop-lag.ts';
import { createLogger, type LogLevel } from './logger.ts';
import { type SpanReceivers, startTracing } from './start-tracing.ts';
import type { Logger, Observability } from './types.ts';

export interface ObservabilityOptions {
  /** Name of the process in logs and traces: the service's, or `plexus` for several. */
  readonly service: string;
  readonly level: LogLevel;
  /** Where log lines go; standard output when absent. */
  readonly destination?: DestinationStream;
  /** Where spans go; without a receiver there is no tracing. */
  readonly tracing?: SpanReceivers & { readonly sampleRatio: number };
}

export interface ProcessObservability extends Observability {
  /** Flushes spans and turns tracing off. */
  shutdown(): Promise<void>;
  /** From now on, of every logger of the process. */
  setLogLevel(level: LogLevel): void;
}

/** Logs, metrics (with Node's own: event loop lag, garbage collection, memory) and tracing of one process. */
export function createObservability(options: ObservabilityOptions): ProcessObservability {
  const metrics = new Registry();
  // Its event loop monitor is replaced by our own, and made to sleep: it cannot be left out.
  collectDefaultMetrics({ register: metrics, eventLoopMonitoringPrecision: 3_600_000 });
  // Gauges under names that are for counters; the ones with labels say the same.
  for (const kind of ['handles', 'requests', 'resources']) metrics.removeSingleMetric(`nodejs_active_${kind}_total`);
  observeEventLoopLag(metrics);
  const { log, setLevel: setLogLevel } = createLogger(options);
  const { tracing } = options;
  if (tracing?.otlpEndpoint === undefined && tracing?.jaegerAgent === undefined)
    return { log, metrics, setLogLevel, shutdown: async () => undefined };
  logExportFailures(log);
  const stopTracing = startTracing({
    service: options.service,
    sampleRatio: tracing.sampleRatio,
    exportTo: tracing,
  });
  return {
    log,
    metrics,
    setLogLevel,
    shutdown: () => stopTracing().catch((error: unknown) => log.warn({ error }, 'the last spans are lost')),
  };
}

/** OpenTelemetry reports failures of the exporter to its diagnostics, one a batch: one a minute is enough to know. */
function logExportFailures(log: Logger): void {
  let quietUntil = 0;
  const report = (message: string) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + 60_000;
    log.warn({ reason: message.slice(0, 500) }, 'spans cannot be exported');
  };
  const ignore = () => undefined;
  diag.setLogger({ error: report, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ERROR);
}
