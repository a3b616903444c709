export type MetricType = 'counter' | 'gauge' | 'histogram';

/** A metric of the product: all that is said of it anywhere, so that code, documentation, dashboards and rules cannot disagree. */
export interface MetricDefinition<Type extends MetricType, Label extends string = never> {
  readonly type: Type;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

export interface HistogramDefinition<Label extends string = never> extends MetricDefinition<'histogram', Label> {
  /** Upper bounds, in the unit that the name ends in. */
  readonly buckets: readonly number[];
}

export type AnyMetric = MetricDefinition<MetricType, string>;

/** Calls inside the product, in seconds: 0.25 ms to 10 s. Every bound is a series for each combination of labels. */
export const latencyBuckets = [0.00025, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** A counter's name ends in `_total`. */
export function counterOf<Label extends string = never>(
  name: `plexus_${string}_total`,
  help: string,
  labels: readonly Label[] = [],
): MetricDefinition<'counter', Label> {
  return { type: 'counter', name, help, labels };
}

export function gaugeOf<Label extends string = never>(
  name: `plexus_${string}`,
  help: string,
  labels: readonly Label[] = [],
): MetricDefinition<'gauge', Label> {
  return { type: 'gauge', name, help, labels };
}

export function histogramOf<Label extends string = never>(
  name: `plexus_${string}`,
  help: string,
  labels: readonly Label[] = [],
  buckets: readonly number[] = latencyBuckets,
): HistogramDefinition<Label> {
  return { type: 'histogram', name, help, labels, buckets };
}
