import { cacheMetrics, postgresMetrics } from '@plexus/observability';
import { type Dashboard, lines, stacked } from '../panel.ts';
import { observations, orZero, quantile, rate, select, spent, top, value } from '../promql.ts';

const cache = { by: ['job', 'cache'] } as const;

/** PostgreSQL as the services see it, and what spares it work. */
export const database: Dashboard = {
  uid: 'plexus-database',
  title: 'Database and caches',
  description: 'Pools, statements, errors; hit ratios and bytes of caches.',
  rows: [
    {
      title: 'PostgreSQL',
      panels: [
        stacked(
          {
            title: 'Connections',
            unit: 'short',
            description: 'waiting: callers without a connection, which should be none.',
          },
          { '{{state}}': value('sum', postgresMetrics.connections, { by: ['state'] }) },
        ),
        lines(
          {
            title: 'Wait for a connection',
            unit: 's',
            bad: 0.1,
            description: 'p95. Pools that are too small, or statements that are too slow.',
          },
          { '{{job}}': quantile(0.95, postgresMetrics.poolWaitSeconds, { by: ['job'] }) },
        ),
        lines(
          {
            title: 'Pools in use',
            unit: 'percentunit',
            bad: 0.9,
            description: 'Busy connections of those that the pools may open.',
          },
          {
            '{{job}}': `${value('sum', postgresMetrics.connections, { by: ['job'], where: 'state="busy"' })} / ${value('sum', postgresMetrics.maxConnections, { by: ['job'] })}`,
          },
        ),
        lines(
          { title: 'Busiest statements', unit: 'ops', description: 'By name; the name begins with the service.' },
          { '{{statement}}': top(10, observations(postgresMetrics.statementSeconds, { by: ['statement'] })) },
        ),
        stacked(
          {
            title: 'Where the database time goes',
            unit: 'short',
            description: 'Seconds per second, by statement: what to make faster first.',
          },
          { '{{statement}}': top(10, spent(postgresMetrics.statementSeconds, { by: ['statement'] })) },
        ),
        lines(
          { title: 'Slowest statements', unit: 's', description: 'p99, by name.' },
          { '{{statement}}': top(10, quantile(0.99, postgresMetrics.statementSeconds, { by: ['statement'] })) },
        ),
        lines(
          {
            title: 'Errors',
            unit: 'ops',
            description: '23505 and 40001 are races that are handled. 08…, 57…: connections. 53…: out of something.',
          },
          { errors: orZero(rate(postgresMetrics.errors)) },
        ),
        lines(
          { title: 'Database time by service', unit: 'short', description: 'Seconds per second.' },
          { '{{job}}': spent(postgresMetrics.statementSeconds, { by: ['job'] }) },
        ),
        lines(
          {
            title: 'Size of the database',
            unit: 'bytes',
            description: 'All tables and indexes. Its slope says when the disk is full.',
          },
          { bytes: value('max', postgresMetrics.databaseBytes) },
        ),
        lines(
          { title: 'Clocks', unit: 's', bad: 1, description: "How far a process's clock is ahead of PostgreSQL's." },
          { '{{job}}': value('max', postgresMetrics.clockSkewSeconds, { by: ['job'] }) },
        ),
      ],
    },
    {
      title: 'Caches',
      panels: [
        lines(
          {
            title: 'Hit ratio',
            unit: 'percentunit',
            description: 'A ratio that falls with evictions rising: the cache is too small.',
          },
          { '{{job}} {{cache}}': select('job:plexus_cache_hits:ratio_5m') },
        ),
        lines(
          { title: 'Misses', unit: 'ops', description: 'Each is a look into the database or a call.' },
          { '{{job}} {{cache}}': rate(cacheMetrics.requests, { ...cache, where: 'outcome="miss"' }) },
        ),
        lines(
          { title: 'Evictions', unit: 'ops', description: 'Entries that made room for others.' },
          { '{{job}} {{cache}}': rate(cacheMetrics.evictions, cache) },
        ),
        lines(
          { title: 'Full', unit: 'percentunit', description: 'Bytes held of those allowed.' },
          {
            '{{job}} {{cache}}': `${value('sum', cacheMetrics.bytes, cache)} / ${value('sum', cacheMetrics.maxBytes, cache)}`,
          },
        ),
        stacked(
          { title: 'Bytes', unit: 'bytes', description: 'Held by all caches.' },
          { '{{job}} {{cache}}': value('sum', cacheMetrics.bytes, cache) },
        ),
        lines(
          { title: 'Entries', unit: 'short', description: 'Held by all caches.' },
          { '{{job}} {{cache}}': value('sum', cacheMetrics.entries, cache) },
        ),
      ],
    },
  ],
};
