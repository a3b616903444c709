import { rpcMetrics } from '@plexus/observability';
import { type Dashboard, lines, stacked } from '../panel.ts';
import { observations, quantile, select, top, value } from '../promql.ts';

const called = 'side=~"client|local"';

/** Node and the calls between processes. */
export const runtime: Dashboard = {
  uid: 'plexus-runtime',
  title: 'Runtime',
  description: 'Event loop, garbage collection, memory, CPU, and the calls between services.',
  rows: [
    {
      title: 'Event loop and garbage collection',
      panels: [
        lines(
          {
            title: 'Event loop lag',
            unit: 's',
            bad: 0.2,
            description: 'p99. Something long ran at once: requests of this process waited for it.',
          },
          { '{{job}} {{instance}}': `max by (job, instance) (${select('nodejs_eventloop_lag_p99_seconds')})` },
        ),
        lines(
          {
            title: 'Garbage collection',
            unit: 'percentunit',
            bad: 0.25,
            description: 'Share of the time. Much: the heap is near its limit, or too many objects are made.',
          },
          {
            '{{job}} {{kind}}': `sum by (job, kind) (rate(${select('nodejs_gc_duration_seconds_sum')}[$__rate_interval]))`,
          },
        ),
        lines(
          { title: 'Longest pauses', unit: 's', description: 'Average of a collection, by kind.' },
          {
            '{{kind}}': `sum by (kind) (rate(${select('nodejs_gc_duration_seconds_sum')}[$__rate_interval])) / (sum by (kind) (rate(${select('nodejs_gc_duration_seconds_count')}[$__rate_interval])) > 0)`,
          },
        ),
        lines(
          {
            title: 'CPU',
            unit: 'short',
            bad: 1,
            description: 'Cores. One is all that JavaScript of a process can use: add replicas before it is reached.',
          },
          {
            '{{job}} {{instance}}': `sum by (job, instance) (rate(${select('process_cpu_seconds_total')}[$__rate_interval]))`,
          },
        ),
      ],
    },
    {
      title: 'Memory',
      panels: [
        lines(
          { title: 'Resident', unit: 'bytes', description: 'What the limit of a container is held against.' },
          { '{{job}} {{instance}}': `sum by (job, instance) (${select('process_resident_memory_bytes')})` },
        ),
        lines(
          { title: 'Heap', unit: 'bytes', description: 'A floor that rises for days is a leak.' },
          { '{{job}} {{instance}}': `sum by (job, instance) (${select('nodejs_heap_size_used_bytes')})` },
        ),
        lines(
          { title: 'Outside of the heap', unit: 'bytes', description: 'Buffers: bodies, messages of streams.' },
          { '{{job}} {{instance}}': `sum by (job, instance) (${select('nodejs_external_memory_bytes')})` },
        ),
        lines(
          { title: 'Handles and requests', unit: 'short', description: 'Sockets, timers, files in use.' },
          { '{{job}}': `sum by (job) (${select('nodejs_active_resources')})` },
        ),
        lines(
          { title: 'File descriptors', unit: 'percentunit', bad: 0.8, description: 'Open of those allowed.' },
          { '{{job}}': `max by (job) (${select('process_open_fds')} / ${select('process_max_fds')})` },
        ),
      ],
    },
    {
      title: 'Calls between services',
      panels: [
        stacked(
          { title: 'Calls', unit: 'ops', description: 'By the service that is called. local: inside one process.' },
          { '{{side}} {{service}}': observations(rpcMetrics.seconds, { by: ['side', 'service'], where: called }) },
        ),
        lines(
          { title: 'Slowest methods', unit: 's', description: 'p99 as the caller sees it.' },
          {
            '{{service}}/{{method}}': top(
              10,
              quantile(0.99, rpcMetrics.seconds, { by: ['service', 'method'], where: called }),
            ),
          },
        ),
        lines(
          {
            title: 'Outcomes',
            unit: 'ops',
            description: 'UNAVAILABLE: nobody there. DEADLINE_EXCEEDED: too slow. CANCELLED: the client went away.',
          },
          { '{{code}}': observations(rpcMetrics.seconds, { by: ['code'], where: called }) },
        ),
        lines(
          { title: 'In flight', unit: 'short', description: 'Calls that wait for an answer.' },
          { '{{service}}': value('sum', rpcMetrics.inFlight, { by: ['service'], where: called }) },
        ),
        lines(
          {
            title: 'Queued',
            unit: 'short',
            bad: 50,
            description:
              'Calls without a place on a stream or without an address: the service called is away or too few.',
          },
          { '{{job}} to {{service}}': value('sum', rpcMetrics.queued, { by: ['job', 'service'] }) },
        ),
      ],
    },
  ],
};
