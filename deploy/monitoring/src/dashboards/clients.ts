import { httpMetrics, sessionMetrics, syncapiMetrics, userapiMetrics } from '@plexus/observability';
import { type Dashboard, heatmap, lines, stacked } from '../panel.ts';
import { average, buckets, observations, quantile, rate, top, value } from '../promql.ts';

const notSync = 'operation!~"client.sync|unrecognized"';

/** The side that clients see: requests, sync, sign-in. */
export const clients: Dashboard = {
  uid: 'plexus-clients',
  title: 'Clients and sync',
  description: 'Requests by operation, what syncs cost and how soon they are woken, sign-in and limits.',
  rows: [
    {
      title: 'Requests',
      panels: [
        lines(
          { title: 'Busiest operations', unit: 'reqps', description: 'Names as in libs/routes.' },
          { '{{operation}}': top(10, rate(httpMetrics.requests, { by: ['operation'] })) },
        ),
        lines(
          { title: 'Slowest operations', unit: 's', description: 'p99, long polls left out: they wait by design.' },
          { '{{operation}}': top(10, quantile(0.99, httpMetrics.seconds, { by: ['operation'], where: notSync })) },
        ),
        lines(
          {
            title: 'Average of all but sync',
            unit: 's',
            description: 'A step is a deployment or a database that has slowed down.',
          },
          { '{{job}}': average(httpMetrics.seconds, { by: ['job'], where: notSync }) },
        ),
        stacked(
          {
            title: 'Where the time goes',
            unit: 'short',
            description: 'Seconds of answering per second, by operation: what to make faster first.',
          },
          {
            '{{operation}}': top(
              10,
              `sum by (operation) (rate(plexus_http_request_seconds_sum{namespace=~"$namespace",job=~"$job",${notSync}}[$__rate_interval]))`,
            ),
          },
        ),
        lines(
          {
            title: 'In flight',
            unit: 'short',
            description: 'Requests that wait for an answer; most of them are long polls.',
          },
          { '{{job}}': value('sum', httpMetrics.inFlight, { by: ['job'] }) },
        ),
        stacked(
          {
            title: 'Refused requests',
            unit: 'reqps',
            description: '401: tokens that have ended. 403: not allowed. 404: not there, or not served. 429: limits.',
          },
          { '{{status}}': rate(httpMetrics.requests, { by: ['status'], where: 'status=~"4.."' }) },
        ),
        lines(
          { title: 'Rate limits', unit: 'reqps', description: 'Refusals by class of the limit.' },
          { '{{class}}': rate(httpMetrics.rateLimited, { by: ['class'] }) },
        ),
        lines(
          {
            title: 'Bytes of answers',
            unit: 'Bps',
            description: 'JSON by operation; initial syncs and /messages stand out.',
          },
          { '{{operation}}': top(10, rate(httpMetrics.responseBytes, { by: ['operation'] })) },
        ),
      ],
    },
    {
      title: 'Sync',
      panels: [
        lines(
          {
            title: 'Clients that wait',
            unit: 'short',
            description: 'By process: uneven means that the gateway does not spread them.',
          },
          { '{{instance}}': value('sum', syncapiMetrics.waiters, { by: ['instance'] }) },
        ),
        stacked(
          {
            title: 'Syncs',
            unit: 'ops',
            description: 'initial: a new session. cold: from the index. live: from memory. empty: nothing new.',
          },
          { '{{kind}}': observations(syncapiMetrics.syncSeconds, { by: ['kind'] }) },
        ),
        lines(
          {
            title: 'Work of a sync',
            unit: 's',
            description: 'p99 without waiting. Initial syncs grow with the number of rooms.',
          },
          { '{{kind}}': quantile(0.99, syncapiMetrics.syncSeconds, { by: ['kind'] }) },
        ),
        heatmap(
          {
            title: 'From sent to delivered',
            unit: 's',
            description: 'Until an event of this server wakes those who wait for it.',
          },
          buckets(syncapiMetrics.deliverySeconds),
        ),
        lines(
          { title: 'Wake-ups', unit: 'ops', description: 'Long polls that something ended.' },
          { '{{job}}': rate(syncapiMetrics.wakeUps, { by: ['job'] }) },
        ),
        lines(
          { title: 'Users in memory', unit: 'short', description: 'Users whose memberships a process holds.' },
          { '{{instance}}': value('sum', syncapiMetrics.liveUsers, { by: ['instance'] }) },
        ),
        stacked(
          { title: 'Events in memory', unit: 'bytes', description: 'Bounded by configuration.' },
          { '{{part}}': value('sum', syncapiMetrics.memoryBytes, { by: ['part'] }) },
        ),
        lines(
          { title: 'Receipts', unit: 'ops', description: 'Set by clients, by outcome.' },
          { '{{outcome}}': rate(syncapiMetrics.receipts, { by: ['outcome'] }) },
        ),
      ],
    },
    {
      title: 'Users',
      panels: [
        lines(
          {
            title: 'Active users',
            unit: 'short',
            description:
              'Of the last 24 hours and of the last 30 days, each once. `plexus admin stats` tells of any range.',
          },
          { '{{period}}': value('max', userapiMetrics.activeUsers, { by: ['period'], where: 'client="any"' }) },
        ),
        stacked(
          {
            title: 'Clients',
            unit: 'short',
            description: 'Users of the last 24 hours by kind of client; who uses two counts in both.',
          },
          {
            '{{client}}': value('max', userapiMetrics.activeUsers, {
              by: ['client'],
              where: 'client!="any",period="day"',
            }),
          },
        ),
        lines(
          {
            title: 'Accounts',
            unit: 'short',
            description: 'People, ghosts of bridges, and those that are deactivated.',
          },
          { '{{kind}}': value('max', userapiMetrics.accounts, { by: ['kind'] }) },
        ),
      ],
    },
    {
      title: 'Sign-in',
      panels: [
        stacked(
          {
            title: 'Logins by password',
            unit: 'ops',
            description: 'Refused far above accepted: passwords are being guessed.',
          },
          { '{{outcome}}': rate(userapiMetrics.logins, { by: ['outcome'] }) },
        ),
        lines(
          { title: 'Registrations', unit: 'ops', description: 'By people, and by bridges for their ghosts.' },
          { '{{kind}}': rate(userapiMetrics.registrations, { by: ['kind'] }) },
        ),
        lines(
          { title: 'Hashing passwords', unit: 's', description: 'Time in argon2id, p99, without waiting for a turn.' },
          { p99: quantile(0.99, userapiMetrics.passwordHashSeconds) },
        ),
        lines(
          {
            title: 'Passwords that wait',
            unit: 'short',
            description: 'For their turn to be hashed: many sign in at once.',
          },
          { '{{instance}}': value('sum', userapiMetrics.passwordHashesWaiting, { by: ['instance'] }) },
        ),
        stacked(
          {
            title: 'Look-ups of tokens',
            unit: 'ops',
            description: 'held: answered from memory. asked: of userapi. unknown: refused.',
          },
          { '{{outcome}}': rate(sessionMetrics.lookups, { by: ['outcome'] }) },
        ),
        lines(
          {
            title: 'Sessions in memory',
            unit: 'short',
            description: 'Sessions that a process answers for without asking.',
          },
          { '{{job}}': value('sum', sessionMetrics.entries, { by: ['job'] }) },
        ),
        lines(
          {
            title: 'Until a logout holds everywhere',
            unit: 's',
            bad: 3.5,
            description: 'Milliseconds; a few seconds when a process cannot be told and its lease is waited out.',
          },
          {
            p50: quantile(0.5, sessionMetrics.invalidationSeconds),
            p99: quantile(0.99, sessionMetrics.invalidationSeconds),
          },
        ),
      ],
    },
  ],
};
