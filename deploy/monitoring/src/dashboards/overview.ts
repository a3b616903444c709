import {
  httpMetrics,
  mediaapiMetrics,
  postgresMetrics,
  processMetrics,
  roomserverMetrics,
  streamMetrics,
  syncapiMetrics,
  userapiMetrics,
} from '@plexus/observability';
import { type Dashboard, heatmap, lines, number, stacked, table } from '../panel.ts';
import { buckets, observations, orZero, quantile, rate, select, value } from '../promql.ts';

const sending = 'operation="client.sendMessage"';
const failed = 'status=~"5.."';

/** Requests of the last 30 days, which is what the error budget is of. */
const requestsOfMonth = (where = ''): string => `sum (increase(${select(httpMetrics.requests.name, where)}[30d]))`;

/** What one looks at first: does it work, is it quick, what does it cost. */
export const overview: Dashboard = {
  uid: 'plexus-overview',
  title: 'Overview',
  description: 'Does it work, is it quick, what does it cost. All services in one row each.',
  rows: [
    {
      title: 'Does it work',
      panels: [
        number(
          {
            title: 'Processes ready',
            unit: 'short',
            description: 'As many as should run. A process that is not ready says why at /health/ready.',
          },
          { ready: value('sum', processMetrics.ready), all: value('count', processMetrics.ready) },
        ),
        table(
          {
            title: 'Versions',
            unit: 'short',
            description: 'More than one for longer than an upgrade takes: it has stopped half way.',
          },
          { '{{version}}': value('count', processMetrics.buildInfo, { by: ['service', 'version', 'node'] }) },
        ),
        lines(
          {
            title: 'Failed requests',
            unit: 'percentunit',
            bad: 0.001,
            description: 'Share of requests answered with 5xx. The budget is 0.1 % a month.',
          },
          { '5xx': `${orZero(rate(httpMetrics.requests, { where: failed }))} / ${rate(httpMetrics.requests)}` },
        ),
        number(
          {
            title: 'Error budget left',
            unit: 'percentunit',
            good: 0.25,
            description:
              'Of 0.1 % failed requests in 30 days, as far back as Prometheus remembers. At 0 the month is spent: changes can wait.',
          },
          { left: `1 - ${orZero(requestsOfMonth(failed))} / ${requestsOfMonth()} / 0.001` },
        ),
        number(
          { title: 'Alerts that fire', unit: 'short', bad: 1, description: 'None. The table beside names them.' },
          { alerts: orZero('count(ALERTS{namespace=~"$namespace",alertname=~"Plexus.*",alertstate="firing"})') },
        ),
        table(
          {
            title: 'Which alerts',
            unit: 'short',
            description: 'Firing and pending, with their severity. Each has a page of its name in docs/runbooks.',
            waitsFor: 'an alert',
          },
          {
            '{{alertname}}':
              'sum by (alertname, severity, alertstate, namespace, installation, job) (ALERTS{namespace=~"$namespace",alertname=~"Plexus.*"})',
          },
        ),
      ],
    },
    {
      title: 'Is it quick',
      panels: [
        lines(
          {
            title: 'Sending a message',
            unit: 's',
            bad: 1,
            description: 'From the request to the event id: committed, not merely taken.',
          },
          {
            p50: quantile(0.5, httpMetrics.seconds, { where: sending }),
            p99: quantile(0.99, httpMetrics.seconds, { where: sending }),
          },
        ),
        heatmap(
          { title: 'Sending a message, all of them', unit: 's', description: 'Two clouds are two causes.' },
          buckets(httpMetrics.seconds, sending),
        ),
        lines(
          {
            title: 'From sent to delivered',
            unit: 's',
            bad: 2.5,
            description: 'Until the event wakes the long polls of those who wait for it.',
          },
          { p50: quantile(0.5, syncapiMetrics.deliverySeconds), p99: quantile(0.99, syncapiMetrics.deliverySeconds) },
        ),
      ],
    },
    {
      title: 'What does it do',
      panels: [
        stacked(
          {
            title: 'Requests by status',
            unit: 'reqps',
            description: 'As every process saw them: behind the gateway of Plexus itself each is counted twice.',
          },
          { '{{status}}': rate(httpMetrics.requests, { by: ['status'] }) },
        ),
        lines(
          { title: 'Events', unit: 'ops', description: 'Committed by roomserver, and syncs that were woken by them.' },
          { committed: rate(roomserverMetrics.eventsCommitted), 'wake-ups': rate(syncapiMetrics.wakeUps) },
        ),
        lines(
          {
            title: 'Clients that wait',
            unit: 'short',
            description: 'Long polls: about the number of clients that are open now.',
          },
          { '{{job}}': value('sum', syncapiMetrics.waiters, { by: ['job'] }) },
        ),
        lines(
          {
            title: 'How far consumers are behind',
            unit: 'short',
            description: 'Entries of a log. Near zero; a rising line is a consumer that does not keep up.',
          },
          { '{{consumer}} {{stream}}': value('max', streamMetrics.lag, { by: ['consumer', 'stream'] }) },
        ),
        lines(
          { title: 'Commits', unit: 'ops', description: 'Group commits a second: each carries what waited meanwhile.' },
          { commits: observations(roomserverMetrics.commitSeconds) },
        ),
      ],
    },
    {
      title: 'Who uses it, and what does it hold',
      panels: [
        number(
          {
            title: 'Active users',
            unit: 'short',
            description: 'Of the last 24 hours, 7 days and 30 days, each user once.',
          },
          { '{{period}}': value('max', userapiMetrics.activeUsers, { by: ['period'], where: 'client="any"' }) },
        ),
        number(
          { title: 'Accounts', unit: 'short', description: 'appservice: made by bridges.' },
          { '{{kind}}': value('max', userapiMetrics.accounts, { by: ['kind'] }) },
        ),
        number(
          {
            title: 'Devices and rooms',
            unit: 'short',
            description: 'Sessions that are signed in; rooms in the database.',
          },
          { devices: value('max', userapiMetrics.devices), rooms: value('max', roomserverMetrics.rooms) },
        ),
        lines(
          {
            title: 'Weekly users',
            unit: 'short',
            description: 'Of the last 7 days, by kind of client; any: each user once.',
          },
          { '{{client}}': value('max', userapiMetrics.activeUsers, { by: ['client'], where: 'period="week"' }) },
        ),
        lines(
          {
            title: 'Media stored',
            unit: 'bytes',
            description:
              'Different files, without thumbnails. The disk is on the dashboard Federation, bridges and media.',
          },
          { bytes: value('max', mediaapiMetrics.storedBytes) },
        ),
        lines(
          {
            title: 'Database size',
            unit: 'bytes',
            description: 'All tables and indexes. `plexus db stats` says what takes the room.',
          },
          { bytes: value('max', postgresMetrics.databaseBytes) },
        ),
      ],
    },
    {
      title: 'What does it cost',
      panels: [
        stacked(
          { title: 'CPU', unit: 'short', description: 'Cores in use, by service.' },
          { '{{job}}': `sum by (job) (rate(${select('process_cpu_seconds_total')}[$__rate_interval]))` },
        ),
        stacked(
          { title: 'Memory', unit: 'bytes', description: 'Resident set, by service.' },
          { '{{job}}': `sum by (job) (${select('process_resident_memory_bytes')})` },
        ),
        lines(
          {
            title: 'File descriptors',
            unit: 'short',
            description: 'Sockets and files: near the limit new connections are refused.',
          },
          { '{{job}}': `max by (job) (${select('process_open_fds')})` },
        ),
        lines(
          { title: 'Up since', unit: 'dtdurations', description: 'A saw-tooth is a process that restarts.' },
          { '{{job}} {{instance}}': `time() - ${select('process_start_time_seconds')}` },
        ),
      ],
    },
  ],
};
