import { Counter, Gauge, Histogram, type Metric } from 'prom-client';
import type { Observability } from './types.ts';

/*
 * Conventions: names begin with `plexus_`, times are in seconds and end in `_seconds`, sizes in `_bytes`, counters in `_total`. Labels
 * have few values (service, method, outcome …), never ids.
 */

/** Buckets for calls inside the product, in seconds: 0.1 ms to 10 s. */
export const latencyBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** The counter of this name in the process's registry, made when there is none; `collect` is called before each scrape. */
export function counter<Label extends string = never>(
  observability: Observability,
  name: string,
  help: string,
  labels: readonly Label[] = [],
  collect?: (counter: Counter<Label>) => void | Promise<void>,
): Counter<Label> {
  const existing: Metric | undefined = observability.metrics.getSingleMetric(name);
  if (existing instanceof Counter) return existing;
  return new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [observability.metrics],
    ...(collect !== undefined && {
      collect() {
        return collect(this);
      },
    }),
  });
}

/** The gauge of this name; `collect` is called before each scrape and sets it. */
export function gauge<Label extends string = never>(
  observability: Observability,
  name: string,
  help: string,
  labels: readonly Label[] = [],
  collect?: (gauge: Gauge<Label>) => void | Promise<void>,
): Gauge<Label> {
  const existing: Metric | undefined = observability.metrics.getSingleMetric(name);
  if (existing instanceof Gauge) return existing;
  return new Gauge({
    name,
    help,
    labelNames: [...labels],
    registers: [observability.metrics],
    ...(collect !== undefined && {
      collect() {
        return collect(this);
      },
    }),
  });
}

/** The histogram of this name; buckets in the unit that the name ends in. */
export function histogram<Label extends string = never>(
  observability: Observability,
  name: string,
  help: string,
  labels: readonly Label[] = [],
  buckets: readonly number[] = latencyBuckets,
): Histogram<Label> {
  const existing: Metric | undefined = observability.metrics.getSingleMetric(name);
  if (existing instanceof Histogram) return existing;
  return new Histogram({
    name,
    help,
    labelNames: [...labels],
    buckets: [...buckets],
    registers: [observability.metrics],
  });
}
