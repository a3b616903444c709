import {
  counter,
  fromZero,
  gauge,
  histogram,
  roomserverMetrics as metrics,
  type Observability,
} from '@plexus/observability';
import { inputOutcomes } from './input-events/input-event.ts';

export type RoomserverMetrics = ReturnType<typeof roomserverMetrics>;

/** What roomserver counts. `liveRooms` and `commitsWaiting` are asked at each scrape. */
export function roomserverMetrics(
  observability: Observability,
  { liveRooms, commitsWaiting }: { liveRooms(): number; commitsWaiting(): number },
) {
  gauge(observability, metrics.actors, (actors) => actors.set(liveRooms()));
  gauge(observability, metrics.commitsWaiting, (waiting) => waiting.set(commitsWaiting()));
  return {
    eventsCommitted: counter(observability, metrics.eventsCommitted),
    batchSize: histogram(observability, metrics.batchSize),
    commitSeconds: histogram(observability, metrics.commitSeconds),
    retries: fromZero(
      counter(observability, metrics.retries),
      { reason: 'overtaken' },
      { reason: 'stale' },
      { reason: 'unknown' },
    ),
    inputEvents: fromZero(
      counter(observability, metrics.inputEvents),
      ...inputOutcomes.map((outcome) => ({ outcome })),
    ),
    stateResolutionSeconds: histogram(observability, metrics.stateResolutionSeconds),
    forwardExtremities: histogram(observability, metrics.forwardExtremities),
    bodiesCompressed: counter(observability, metrics.bodiesCompressed),
    coldBacklog: gauge(observability, metrics.coldBacklog),
    stateMigrationLeft: gauge(observability, metrics.stateMigrationLeft),
    stateMigrationConverted: gauge(observability, metrics.stateMigrationConverted),
    stateNodesRemoved: counter(observability, metrics.stateNodesRemoved),
    stateCollectionLeft: gauge(observability, metrics.stateCollectionLeft),
    forksRefused: counter(observability, metrics.forksRefused),
  };
}
