import { roomserverMetrics, rpcMetrics } from '@plexus/observability';
import { type Dashboard, heatmap, lines, stacked } from '../panel.ts';
import { buckets, observations, quantile, rate, top, value } from '../promql.ts';

const answered = 'side=~"server|local",service="RoomserverService"';

/** How events are made and kept. */
export const roomserver: Dashboard = {
  uid: 'plexus-roomserver',
  title: 'Room server and persistence',
  description: 'Commands, commits, and what keeps them waiting.',
  rows: [
    {
      title: 'Persistence',
      panels: [
        lines(
          { title: 'Events committed', unit: 'ops', description: 'Entries of the room log, by process.' },
          { '{{instance}}': rate(roomserverMetrics.eventsCommitted, { by: ['instance'] }) },
        ),
        lines(
          {
            title: 'Time of a commit',
            unit: 's',
            bad: 0.5,
            description: 'The one statement that writes all that waits. Disk and locks of PostgreSQL.',
          },
          { p50: quantile(0.5, roomserverMetrics.commitSeconds), p99: quantile(0.99, roomserverMetrics.commitSeconds) },
        ),
        heatmap(
          {
            title: 'Time of a commit, all of them',
            unit: 's',
            description: 'A second cloud is a checkpoint or a slow disk.',
          },
          buckets(roomserverMetrics.commitSeconds),
        ),
        lines(
          {
            title: 'Commands a commit',
            unit: 'short',
            description: 'Grows with the load: that is what makes it cheap.',
          },
          { p50: quantile(0.5, roomserverMetrics.batchSize), p99: quantile(0.99, roomserverMetrics.batchSize) },
        ),
        lines(
          {
            title: 'Commands that wait for the next commit',
            unit: 'short',
            bad: 2000,
            description: 'A queue that does not empty: the database is too slow for the load.',
          },
          { '{{instance}}': value('sum', roomserverMetrics.commitsWaiting, { by: ['instance'] }) },
        ),
        lines(
          { title: 'Commits', unit: 'ops', description: 'One is in flight at a time in a process.' },
          { '{{instance}}': observations(roomserverMetrics.commitSeconds, { by: ['instance'] }) },
        ),
      ],
    },
    {
      title: 'Rooms',
      panels: [
        lines(
          { title: 'Rooms in memory', unit: 'short', description: 'Rooms with an actor.' },
          { '{{instance}}': value('sum', roomserverMetrics.actors, { by: ['instance'] }) },
        ),
        lines(
          {
            title: 'Commands built again',
            unit: 'ops',
            description: 'By reason. Many: two replicas work on the same rooms.',
          },
          { '{{reason}}': rate(roomserverMetrics.retries, { by: ['reason'] }) },
        ),
        lines(
          {
            title: 'Forks refused',
            unit: 'ops',
            description: 'Commits that found the head of their room moved by another process.',
          },
          { refused: rate(roomserverMetrics.forksRefused) },
        ),
        lines(
          {
            title: 'Bodies compressed',
            unit: 'ops',
            description: 'Old messages that were made smaller, in the background.',
          },
          { compressed: rate(roomserverMetrics.bodiesCompressed) },
        ),
        lines(
          { title: 'Bodies to compress', unit: 'short', description: 'Falls to zero in quiet hours.' },
          { waiting: value('max', roomserverMetrics.coldBacklog) },
        ),
      ],
    },
    {
      title: 'Events of other servers',
      panels: [
        stacked(
          {
            title: 'What became of them',
            unit: 'ops',
            description:
              'soft_failed: allowed by what it cites, not by the room as it is. missing: what it refers to cannot be had.',
          },
          { '{{outcome}}': rate(roomserverMetrics.inputEvents, { by: ['outcome'] }) },
        ),
        lines(
          {
            title: 'State resolution',
            unit: 's',
            bad: 5,
            description: 'Costs what the states differ in, not the size of the room.',
            waitsFor: 'events of other servers: federation receiving',
          },
          {
            p50: quantile(0.5, roomserverMetrics.stateResolutionSeconds),
            p99: quantile(0.99, roomserverMetrics.stateResolutionSeconds),
          },
        ),
        heatmap(
          {
            title: 'Forward extremities',
            unit: 'short',
            description: 'Of a room after a commit in it. One is usual; over ten every event needs a resolution.',
          },
          buckets(roomserverMetrics.forwardExtremities),
        ),
        lines(
          {
            title: 'States of the first format',
            unit: 'short',
            waitsFor: 'a database of the first release that is upgraded',
            description: 'Converted in the background after an upgrade from the first release, while rooms work.',
          },
          {
            '{{phase}} left': value('max', roomserverMetrics.stateMigrationLeft, { by: ['phase'] }),
            converted: value('max', roomserverMetrics.stateMigrationConverted),
          },
        ),
      ],
    },
    {
      title: 'Calls of other services',
      panels: [
        stacked(
          { title: 'Calls', unit: 'ops', description: 'By method, as roomserver answered them.' },
          { '{{method}}': top(10, observations(rpcMetrics.seconds, { by: ['method'], where: answered })) },
        ),
        lines(
          { title: 'Latency', unit: 's', description: 'p99 by method.' },
          { '{{method}}': top(10, quantile(0.99, rpcMetrics.seconds, { by: ['method'], where: answered })) },
        ),
        lines(
          { title: 'Outcome', unit: 'ops', description: 'OK is also an answer that refuses.' },
          { '{{code}}': observations(rpcMetrics.seconds, { by: ['code'], where: answered }) },
        ),
      ],
    },
  ],
};
