import { counter, gauge, histogram, latencyBuckets, type Observability } from '@plexus/observability';

const BATCH_SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

export type RoomserverMetrics = ReturnType<typeof roomserverMetrics>;

/** What roomserver counts. `liveRooms` is asked at each scrape. */
export function roomserverMetrics(observability: Observability, liveRooms: () => number) {
  gauge(observability, 'plexus_roomserver_actors', 'Rooms that are in memory', [], (each) => each.set(liveRooms()));
  return {
    eventsCommitted: counter(
      observability,
      'plexus_roomserver_events_committed_total',
      'Log entries that this process has committed',
    ),
    batchSize: histogram(
      observability,
      'plexus_roomserver_commit_batch_size',
      'Commands that one commit carried',
      [],
      BATCH_SIZE_BUCKETS,
    ),
    commitSeconds: histogram(
      observability,
      'plexus_roomserver_commit_seconds',
      'Time of the commit statement',
      [],
      latencyBuckets,
    ),
    retries: counter(
      observability,
      'plexus_roomserver_command_retries_total',
      'Commands that were built again, by reason',
      ['reason'],
    ),
    bodiesCompressed: counter(
      observability,
      'plexus_roomserver_bodies_compressed_total',
      'Bodies of old messages that were compressed',
    ),
    coldBacklog: gauge(
      observability,
      'plexus_roomserver_bodies_to_compress',
      'Event numbers that are old enough to be compressed and have not been looked at',
    ),
    forksRefused: counter(
      observability,
      'plexus_roomserver_forks_refused_total',
      'Commits that found the head of their room moved by another process',
    ),
  };
}
