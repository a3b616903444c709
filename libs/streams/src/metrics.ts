import {
  counter,
  gauge,
  histogram,
  type MetricDefinition,
  type Observability,
  streamMetrics,
} from '@plexus/observability';
import type { JetStreamBounds } from './types.ts';

/** What a consumer knows when it is scraped. */
export interface ConsumerState {
  position(): number;
  lag(): number;
  behindMs(): number;
}

/** Metrics of one consumer of one stream. */
export function consumerMetrics(observability: Observability, stream: string, consumer: string, state: ConsumerState) {
  const of = { stream, consumer };
  watch(observability, streamMetrics.position, of, () => state.position());
  watch(observability, streamMetrics.lag, of, () => state.lag());
  watch(observability, streamMetrics.behind, of, () => state.behindMs() / 1_000);
  return {
    gaps: countedFromZero(counter(observability, streamMetrics.gaps), of),
    duplicates: countedFromZero(counter(observability, streamMetrics.duplicates), of),
    readFromOwner: countedFromZero(counter(observability, streamMetrics.readFromOwner), of),
    applySeconds: histogram(observability, streamMetrics.applySeconds).labels(of),
    applyFailures: countedFromZero(counter(observability, streamMetrics.applyFailures), of),
    deadLetters: countedFromZero(counter(observability, streamMetrics.deadLetters), of),
  };
}
export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;

/** What a publisher knows when it is scraped. */
export interface PublisherState {
  head(): number;
  published(): number;
  outboxAgeMs(): number;
  /** What NATS still holds, as last asked. */
  retention(): StreamRetention;
  replicas(): StreamReplicas;
}

export interface StreamRetention {
  /** First position that the stream carries; 0: none. */
  readonly firstPosition: number;
  readonly bytes: number;
  readonly replicas: StreamReplicas;
}

/** Copies that a stream should have in NATS, and those that are current. NaN: not known. */
export interface StreamReplicas {
  readonly wanted: number;
  readonly current: number;
}

/** Metrics of one publisher. */
export function publisherMetrics(
  observability: Observability,
  { name: stream, maxBytes }: JetStreamBounds,
  state: PublisherState,
) {
  const of = { stream };
  watch(observability, streamMetrics.retained, of, () => state.retention().firstPosition);
  watch(observability, streamMetrics.streamBytes, of, () => state.retention().bytes);
  for (const copies of ['wanted', 'current'] as const)
    watch(observability, streamMetrics.streamReplicas, { stream, state: copies }, () => state.replicas()[copies]);
  watch(observability, streamMetrics.streamMaxBytes, of, () => maxBytes);
  watch(observability, streamMetrics.head, of, () => state.head());
  watch(observability, streamMetrics.published, of, () => state.published());
  watch(observability, streamMetrics.outboxAge, of, () => state.outboxAgeMs() / 1_000);
  return {
    publishSeconds: histogram(observability, streamMetrics.publishSeconds).labels(of),
    publishFailures: countedFromZero(counter(observability, streamMetrics.publishFailures), of),
    republished: countedFromZero(counter(observability, streamMetrics.republished), of),
  };
}
export type PublisherMetrics = ReturnType<typeof publisherMetrics>;

/** Counters are there from the start, at 0: an alert on an increase needs a value before it. */
function countedFromZero<Label extends string>(metric: ReturnType<typeof counter<Label>>, of: Record<Label, string>) {
  metric.inc(of, 0);
  return metric.labels(of);
}

type Source<Label extends string> = { of: Record<Label, string>; read: () => number };
const sources = new WeakMap<object, Source<string>[]>();

/** A gauge that asks each of its sources at a scrape: several consumers of a process share one metric. */
function watch<Label extends string>(
  observability: Observability,
  definition: MetricDefinition<'gauge', Label>,
  of: Record<Label, string>,
  read: () => number,
): void {
  const metric = gauge<string>(observability, definition, (collected) => {
    for (const source of sources.get(collected) ?? []) collected.set(source.of, source.read());
  });
  const known = sources.get(metric) ?? [];
  const same = (source: Source<string>) => definition.labels.every((label) => source.of[label] === of[label]);
  sources.set(metric, [...known.filter((source) => !same(source)), { of, read }]);
}
