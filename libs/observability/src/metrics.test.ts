import { expect, test } from 'vitest';
import { counterOf, gaugeOf, histogramOf } from './catalogue/index.ts';
import { createObservability } from './create-observability.ts';
import { counter, gauge, histogram } from './metrics.ts';

const silent = { write: () => undefined };
const newObservability = () => createObservability({ service: 'test', level: 'error', destination: silent });

test('a metric asked for twice is one', async () => {
  const observability = newObservability();
  for (let n = 0; n < 2; n++) {
    counter(observability, counterOf('plexus_a_total', 'a', ['outcome'])).inc({ outcome: 'done' });
    gauge(observability, gaugeOf('plexus_b', 'b')).inc();
    histogram(observability, histogramOf('plexus_c_seconds', 'c')).observe(0.01);
  }
  const text = await observability.metrics.metrics();
  expect(text).toContain('plexus_a_total{outcome="done"} 2');
  expect(text).toContain('plexus_b 2');
  expect(text).toContain('plexus_c_seconds_count 2');
});

test('a name of one kind cannot be taken by another', () => {
  const observability = newObservability();
  counter(observability, counterOf('plexus_a_total', 'a'));
  expect(() => gauge(observability, gaugeOf('plexus_a_total', 'a'))).toThrow('plexus_a_total');
});

test('a gauge that collects is set at each scrape', async () => {
  const observability = newObservability();
  let entries = 1;
  gauge(observability, gaugeOf('plexus_entries', 'entries'), (metric) => metric.set(entries));
  expect(await observability.metrics.metrics()).toContain('plexus_entries 1');
  entries = 5;
  expect(await observability.metrics.metrics()).toContain('plexus_entries 5');
});

test("the process's own metrics are there: event loop, garbage collection, memory", async () => {
  const text = await newObservability().metrics.metrics();
  for (const name of [
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_gc_duration_seconds',
    'process_resident_memory_bytes',
  ])
    expect(text).toContain(name);
});
