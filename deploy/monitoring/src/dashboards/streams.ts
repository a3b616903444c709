import { processMetrics, streamMetrics } from '@plexus/observability';
import { type Dashboard, lines } from '../panel.ts';
import { average, observations, quantile, rate, value } from '../promql.ts';

const ofConsumer = { by: ['consumer', 'stream'] } as const;
const ofStream = { by: ['stream'] } as const;

/** From commit to effect, by way of NATS. */
export const streams: Dashboard = {
  uid: 'plexus-streams',
  title: 'Streams',
  description: 'Position, lag, outbox, retention and redeliveries of every log and consumer.',
  rows: [
    {
      title: 'Publishing',
      panels: [
        lines(
          { title: 'Entries', unit: 'ops', description: 'Growth of each log.' },
          {
            '{{stream}}': `max by (stream) (rate(${streamMetrics.head.name}{namespace=~"$namespace",job=~"$job"}[$__rate_interval]))`,
          },
        ),
        lines(
          {
            title: 'Copies in NATS',
            unit: 'short',
            description: 'Wanted, and those that are current. Half or fewer of the wanted take nothing: no quorum.',
          },
          {
            '{{stream}} {{state}}': value('min', streamMetrics.streamReplicas, { by: ['stream', 'state'] }),
          },
        ),
        lines(
          { title: 'Position', unit: 'short', description: 'Last committed position of each log.' },
          { '{{stream}}': value('max', streamMetrics.head, ofStream) },
        ),
        lines(
          { title: 'Outbox', unit: 'short', description: 'Committed and not yet published.' },
          {
            '{{stream}}': `${value('max', streamMetrics.head, ofStream)} - ${value('max', streamMetrics.published, ofStream)}`,
          },
        ),
        lines(
          {
            title: 'Oldest in the outbox',
            unit: 's',
            bad: 30,
            description: 'Zero but for moments. Consumers go on from the log when it grows, slower.',
          },
          { '{{stream}}': value('max', streamMetrics.outboxAge, ofStream) },
        ),
        lines(
          { title: 'Until NATS acks', unit: 's', description: 'p99 of publishing.' },
          { '{{stream}}': quantile(0.99, streamMetrics.publishSeconds, ofStream) },
        ),
        lines(
          { title: 'Messages without an ack', unit: 'ops', description: 'They are published again from the log.' },
          {
            '{{stream}}': rate(streamMetrics.publishFailures, ofStream),
            '{{stream}} published again': rate(streamMetrics.republished, ofStream),
          },
        ),
      ],
    },
    {
      title: 'Consuming',
      panels: [
        lines(
          { title: 'Lag', unit: 'short', description: 'Entries that the owner has and a consumer has not.' },
          { '{{consumer}} {{stream}}': value('max', streamMetrics.lag, ofConsumer) },
        ),
        lines(
          {
            title: 'Time since up to date',
            unit: 's',
            bad: 60,
            description: 'About a second when nothing happens. Growing: the consumer does not move.',
          },
          { '{{consumer}} {{stream}}': value('max', streamMetrics.behind, ofConsumer) },
        ),
        lines(
          {
            title: 'Position',
            unit: 'short',
            description: 'Last position whose effects are stored, of the slowest replica.',
          },
          { '{{consumer}} {{stream}}': value('min', streamMetrics.position, ofConsumer) },
        ),
        lines(
          { title: 'Time to apply a batch', unit: 's', description: 'Mostly the transaction that writes the effects.' },
          {
            '{{consumer}} {{stream}} p99': quantile(0.99, streamMetrics.applySeconds, ofConsumer),
            '{{consumer}} {{stream}} average': average(streamMetrics.applySeconds, ofConsumer),
          },
        ),
        lines(
          { title: 'Batches', unit: 'ops', description: 'Applied, and failed (they are tried again).' },
          {
            '{{consumer}} {{stream}}': observations(streamMetrics.applySeconds, ofConsumer),
            '{{consumer}} {{stream}} failed': rate(streamMetrics.applyFailures, ofConsumer),
          },
        ),
        lines(
          {
            title: 'Dead letters',
            unit: 'short',
            bad: 1,
            description: 'Entries that were parked since the process started. Each needs a look.',
          },
          { '{{consumer}} {{stream}}': value('sum', streamMetrics.deadLetters, ofConsumer) },
        ),
      ],
    },
    {
      title: 'NATS and retention',
      panels: [
        lines(
          {
            title: 'Redelivered entries',
            unit: 'ops',
            description: 'Dropped by their position. Some after a reconnect; many all the time are waste.',
          },
          { '{{consumer}} {{stream}}': rate(streamMetrics.duplicates, ofConsumer) },
        ),
        lines(
          {
            title: 'Gaps',
            unit: 'ops',
            description:
              'Missing in the stream and read from the owner: after an outage of NATS, or when retention passes a consumer by.',
          },
          { '{{consumer}} {{stream}}': rate(streamMetrics.gaps, ofConsumer) },
        ),
        lines(
          { title: 'Read from the owner', unit: 'ops', description: 'Entries that did not come by the stream.' },
          { '{{consumer}} {{stream}}': rate(streamMetrics.readFromOwner, ofConsumer) },
        ),
        lines(
          {
            title: 'Retention left',
            unit: 'percentunit',
            description: '1: at the head. 0: what the consumer needs next, NATS has dropped; it reads from the owner.',
          },
          { '{{consumer}} {{stream}}': 'stream_consumer:plexus_log_retention_left:ratio{namespace=~"$namespace"}' },
        ),
        lines(
          { title: 'Held in NATS', unit: 'bytes', description: 'Up to the bound of the stream; then the oldest go.' },
          {
            '{{stream}}': value('max', streamMetrics.streamBytes, ofStream),
            '{{stream}} at most': value('max', streamMetrics.streamMaxBytes, ofStream),
          },
        ),
        lines(
          {
            title: 'Connected',
            unit: 'short',
            description: 'Processes with a connection to NATS, and things that processes do without.',
          },
          { connected: value('sum', streamMetrics.connected), degraded: value('sum', processMetrics.degraded) },
        ),
      ],
    },
  ],
};
