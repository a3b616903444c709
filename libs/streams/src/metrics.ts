import { counter, gauge, histogram, type Observability } from '@plexus/observability';

/** Names of the metrics of streams; all have the label `stream`, those of consumers `consumer` too. */
export const streamMetrics = {
  connected: 'plexus_stream_connected',
  head: 'plexus_log_head_position',
  published: 'plexus_log_published_position',
  publishSeconds: 'plexus_log_publish_seconds',
  publishFailures: 'plexus_log_publish_failures_total',
  republished: 'plexus_log_republished_entries_total',
  outboxAge: 'plexus_log_outbox_age_seconds',
  position: 'plexus_log_consumer_position',
  lag: 'plexus_log_consumer_lag_entries',
  behind: 'plexus_log_consumer_behind_seconds',
  gaps: 'plexus_log_consumer_gaps_total',
  duplicates: 'plexus_log_consumer_redelivered_entries_total',
  readFromOwner: 'plexus_log_consumer_read_entries_total',
  applySeconds: 'plexus_log_consumer_apply_seconds',
  applyFailures: 'plexus_log_consumer_apply_failures_total',
  deadLetters: 'plexus_log_consumer_dead_letters_total',
  broadcastDropped: 'plexus_broadcast_dropped_total',
} as const;

/** What a consumer knows when it is scraped. */
export interface ConsumerState {
  position(): number;
  lag(): number;
  behindMs(): number;
}

/** Metrics of one consumer of one stream. */
export function consumerMetrics(observability: Observability, stream: string, consumer: string, state: ConsumerState) {
  const labels = ['stream', 'consumer'] as const;
  const of = { stream, consumer };
  watch(observability, streamMetrics.position, 'Last position whose effects are stored', labels, of, () =>
    state.position(),
  );
  watch(observability, streamMetrics.lag, 'Entries that the owner has and this consumer has not', labels, of, () =>
    state.lag(),
  );
  watch(
    observability,
    streamMetrics.behind,
    'Time since the consumer knew to be up to date',
    labels,
    of,
    () => state.behindMs() / 1_000,
  );
  return {
    gaps: countedFromZero(counter(observability, streamMetrics.gaps, 'Gaps that were read from the owner', labels), of),
    duplicates: countedFromZero(
      counter(observability, streamMetrics.duplicates, 'Entries that came again and were dropped', labels),
      of,
    ),
    readFromOwner: countedFromZero(
      counter(observability, streamMetrics.readFromOwner, 'Entries read from the owner', labels),
      of,
    ),
    applySeconds: histogram(observability, streamMetrics.applySeconds, 'Time of applying a batch', labels).labels(of),
    applyFailures: countedFromZero(
      counter(observability, streamMetrics.applyFailures, 'Batches that could not be applied', labels),
      of,
    ),
    deadLetters: countedFromZero(
      counter(observability, streamMetrics.deadLetters, 'Entries that were parked', labels),
      of,
    ),
  };
}
export type ConsumerMetrics = ReturnType<typeof consumerMetrics>;

/** What a publisher knows when it is scraped. */
export interface PublisherState {
  head(): number;
  published(): number;
  outboxAgeMs(): number;
}

/** Metrics of one publisher. */
export function publisherMetrics(observability: Observability, stream: string, state: PublisherState) {
  const labels = ['stream'] as const;
  const of = { stream };
  watch(observability, streamMetrics.head, 'Last committed position of the log', labels, of, () => state.head());
  watch(observability, streamMetrics.published, 'Last position that the stream carries', labels, of, () =>
    state.published(),
  );
  watch(
    observability,
    streamMetrics.outboxAge,
    'Age of the oldest entry without an ack',
    labels,
    of,
    () => state.outboxAgeMs() / 1_000,
  );
  return {
    publishSeconds: histogram(
      observability,
      streamMetrics.publishSeconds,
      'Time from publishing to the ack',
      labels,
    ).labels(of),
    publishFailures: countedFromZero(
      counter(observability, streamMetrics.publishFailures, 'Messages without an ack', labels),
      of,
    ),
    republished: countedFromZero(
      counter(observability, streamMetrics.republished, 'Entries published again from the log', labels),
      of,
    ),
  };
}
export type PublisherMetrics = ReturnType<typeof publisherMetrics>;

/** Counters are there from the start, at 0: an alert on an increase needs a value before it. */
function countedFromZero<Label extends string>(metric: ReturnType<typeof counter<Label>>, of: Record<Label, string>) {
  metric.inc(of, 0);
  return metric.labels(of);
}

type Source = { of: Record<string, string>; read: () => number };
const sources = new WeakMap<object, Source[]>();

/** A gauge that asks each of its sources at a scrape: several consumers of a process share one metric. */
function watch(
  observability: Observability,
  name: string,
  help: string,
  labels: readonly string[],
  of: Record<string, string>,
  read: () => number,
): void {
  const metric = gauge(observability, name, help, labels, (collected) => {
    for (const source of sources.get(collected) ?? []) collected.set(source.of, source.read());
  });
  const known = sources.get(metric) ?? [];
  const same = (source: Source) => labels.every((label) => source.of[label] === of[label]);
  sources.set(metric, [...known.filter((source) => !same(source)), { of, read }]);
}
