import { histogram, type Observability } from '@plexus/observability';

/** Counts and times requests by operation and status. */
export type RecordRequest = (operation: string, status: number, milliseconds: number) => void;

interface Child {
  observe(seconds: number): void;
}

/** From an empty sync to a long poll. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function requestMetrics(observability: Observability): RecordRequest {
  const duration = histogram(
    observability,
    'plexus_http_request_duration_seconds',
    'Time from the arrival of a request to its answer',
    ['operation', 'status'],
    SECONDS,
  );
  const children = new Map<string, Map<number, Child>>();
  return (operation, status, milliseconds) => {
    const byStatus = children.get(operation) ?? new Map<number, Child>();
    const child = byStatus.get(status) ?? duration.labels({ operation, status: String(status) });
    child.observe(milliseconds / 1000);
    if (byStatus.has(status)) return;
    children.set(operation, byStatus.set(status, child));
  };
}
