import { counter, gauge, histogram, httpMetrics, type Observability } from '@plexus/observability';

/** What an edge tells of its requests. */
export interface RequestMetrics {
  arrived(): void;
  /** Counts and times a request. */
  answered(operation: string, status: number, milliseconds: number): void;
  /** Bytes of an answer that went out. */
  sent(operation: string, bytes: number): void;
}

interface Operation {
  readonly seconds: { observe(seconds: number): void };
  readonly bytes: { inc(count: number): void };
  readonly byStatus: Map<number, { inc(): void }>;
}

/** In flight by registry: a process may have a listener for clients and one for servers. */
const inFlightOf = new WeakMap<Observability['metrics'], { count: number }>();

export function requestMetrics(observability: Observability): RequestMetrics {
  const requests = counter(observability, httpMetrics.requests);
  const seconds = histogram(observability, httpMetrics.seconds);
  const bytes = counter(observability, httpMetrics.responseBytes);
  const inFlight = inFlightOf.get(observability.metrics) ?? { count: 0 };
  inFlightOf.set(observability.metrics, inFlight);
  gauge(observability, httpMetrics.inFlight, (metric) => metric.set(inFlight.count));
  const operations = new Map<string, Operation>();
  const operationOf = (operation: string): Operation => {
    const known = operations.get(operation);
    if (known !== undefined) return known;
    const of = { operation };
    const made = { seconds: seconds.labels(of), bytes: bytes.labels(of), byStatus: new Map() };
    operations.set(operation, made);
    return made;
  };
  return {
    arrived: () => {
      inFlight.count++;
    },
    answered: (operation, status, milliseconds) => {
      inFlight.count--;
      const { byStatus, seconds: timer } = operationOf(operation);
      timer.observe(milliseconds / 1000);
      const count = byStatus.get(status) ?? requests.labels({ operation, status: String(status) });
      byStatus.set(status, count);
      count.inc();
    },
    sent: (operation, size) => {
      if (size > 0) operationOf(operation).bytes.inc(size);
    },
  };
}
