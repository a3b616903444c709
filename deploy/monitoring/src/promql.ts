import type { HistogramDefinition, MetricDefinition, MetricType } from '@plexus/observability';

/** Labels that every target has. */
type TargetLabel = 'job' | 'instance' | 'version';

export interface Selection<Label extends string> {
  /** What stays apart; without it everything is one. */
  readonly by?: readonly (Label | TargetLabel)[];
  /** More matchers, for example `status=~"5.."`. */
  readonly where?: string;
}

const targets = 'namespace=~"$namespace",job=~"$job"';
const window = '$__rate_interval';

/** `metric{…}` of the chosen processes. */
export function select(name: string, where = ''): string {
  return `${name}{${targets}${where === '' ? '' : `,${where}`}}`;
}

/** Per second, summed. */
export function rate<Label extends string>(
  metric: MetricDefinition<'counter', Label>,
  { by = [], where = '' }: Selection<Label> = {},
): string {
  return `${aggregate('sum', by)} (rate(${select(metric.name, where)}[${window}]))`;
}

/** How often a histogram observed something, per second. */
export function observations<Label extends string>(
  metric: HistogramDefinition<Label>,
  { by = [], where = '' }: Selection<Label> = {},
): string {
  return `${aggregate('sum', by)} (rate(${select(`${metric.name}_count`, where)}[${window}]))`;
}

/** Seconds (or what a histogram counts) spent per second. */
export function spent<Label extends string>(
  metric: HistogramDefinition<Label>,
  { by = [], where = '' }: Selection<Label> = {},
): string {
  return `${aggregate('sum', by)} (rate(${select(`${metric.name}_sum`, where)}[${window}]))`;
}

export function average<Label extends string>(
  metric: HistogramDefinition<Label>,
  selection: Selection<Label> = {},
): string {
  return `${spent(metric, selection)} / ${observations(metric, selection)}`;
}

export function quantile<Label extends string>(
  share: number,
  metric: HistogramDefinition<Label>,
  { by = [], where = '' }: Selection<Label> = {},
): string {
  const buckets = `${aggregate('sum', [...by, 'le'])} (rate(${select(`${metric.name}_bucket`, where)}[${window}]))`;
  return `histogram_quantile(${share}, ${buckets})`;
}

/** Buckets for a heatmap. */
export function buckets<Label extends string>(metric: HistogramDefinition<Label>, where = ''): string {
  return `sum by (le) (increase(${select(`${metric.name}_bucket`, where)}[${window}]))`;
}

/** A gauge, or a counter as it stands. */
export function value<Label extends string>(
  how: 'sum' | 'max' | 'min' | 'count',
  metric: MetricDefinition<Exclude<MetricType, 'histogram'>, Label>,
  { by = [], where = '' }: Selection<Label> = {},
): string {
  return `${aggregate(how, by)} (${select(metric.name, where)})`;
}

export function top(count: number, expression: string): string {
  return `topk(${count}, ${expression})`;
}

/** Series that only come into being with the first failure: none is zero. */
export function orZero(expression: string): string {
  return `(${expression} or vector(0))`;
}

function aggregate(how: string, by: readonly string[]): string {
  return by.length === 0 ? how : `${how} by (${by.join(', ')})`;
}
