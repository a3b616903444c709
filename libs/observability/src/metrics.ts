import { Counter, Gauge, Histogram, type Metric } from 'prom-client';
import type { HistogramDefinition, MetricDefinition } from './catalogue/definition.ts';
import type { Observability } from './types.ts';

/*
 * Metrics are defined in catalogue/. Conventions: names begin with `plexus_` and the part of the product, times are in seconds and end
 * in `_seconds`, sizes in `_bytes`, counters in `_total`. Labels have few values (service, method, outcome …), never ids.
 */

/** The counter in the process's registry, made when there is none; `collect` is called before each scrape. */
export function counter<Label extends string = never>(
  observability: Pick<Observability, 'metrics'>,
  { name, help, labels }: MetricDefinition<'counter', Label>,
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

/** Has the counter begin at 0 with each of these labels: an alert on an increase needs a value before it. */
export function fromZero<Label extends string>(
  counted: Counter<Label>,
  ...each: readonly Partial<Record<Label, string>>[]
): Counter<Label> {
  for (const labels of each) counted.inc(labels, 0);
  return counted;
}

/** The gauge; `collect` is called before each scrape and sets it. */
export function gauge<Label extends string = never>(
  observability: Pick<Observability, 'metrics'>,
  { name, help, labels }: MetricDefinition<'gauge', Label>,
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

export function histogram<Label extends string = never>(
  observability: Pick<Observability, 'metrics'>,
  { name, help, labels, buckets }: HistogramDefinition<Label>,
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
