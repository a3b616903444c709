import { counterOf, gaugeOf, histogramOf } from './definition.ts';

const ofStream = ['stream'] as const;
const ofConsumer = ['stream', 'consumer'] as const;

/** The logs and the streams that carry them. */
export const streamMetrics = {
  connected: gaugeOf('plexus_nats_connected', '1 while connected to NATS'),
  head: gaugeOf('plexus_log_head_position', 'Last committed position of the log', ofStream),
  published: gaugeOf('plexus_log_published_position', 'Last position that the stream carries', ofStream),
  retained: gaugeOf('plexus_log_retained_position', 'First position that the stream still carries', ofStream),
  streamBytes: gaugeOf('plexus_log_stream_bytes', 'Bytes that the stream holds in NATS', ofStream),
  streamMaxBytes: gaugeOf('plexus_log_stream_max_bytes', 'Bytes that the stream may hold in NATS', ofStream),
  streamReplicas: gaugeOf(
    'plexus_log_stream_replicas',
    'Copies of the stream in NATS: wanted, and those that are current and so take part in every write',
    ['stream', 'state'],
  ),
  publishSeconds: histogramOf('plexus_log_publish_seconds', 'Time from publishing to the ack', ofStream),
  publishFailures: counterOf('plexus_log_publish_failures_total', 'Messages without an ack', ofStream),
  republished: counterOf('plexus_log_republished_entries_total', 'Entries published again from the log', ofStream),
  outboxAge: gaugeOf('plexus_log_outbox_age_seconds', 'Age of the oldest entry without an ack', ofStream),
  position: gaugeOf('plexus_log_consumer_position', 'Last position whose effects are stored', ofConsumer),
  lag: gaugeOf('plexus_log_consumer_lag_entries', 'Entries that the owner has and this consumer has not', ofConsumer),
  behind: gaugeOf('plexus_log_consumer_behind_seconds', 'Time since the consumer knew to be up to date', ofConsumer),
  gaps: counterOf('plexus_log_consumer_gaps_total', 'Gaps that were read from the owner', ofConsumer),
  duplicates: counterOf(
    'plexus_log_consumer_redelivered_entries_total',
    'Entries that came again and were dropped',
    ofConsumer,
  ),
  readFromOwner: counterOf('plexus_log_consumer_read_entries_total', 'Entries read from the owner', ofConsumer),
  applySeconds: histogramOf('plexus_log_consumer_apply_seconds', 'Time of applying a batch', ofConsumer),
  applyFailures: counterOf('plexus_log_consumer_apply_failures_total', 'Batches that could not be applied', ofConsumer),
  deadLetters: counterOf('plexus_log_consumer_dead_letters_total', 'Entries that were parked', ofConsumer),
} as const;
