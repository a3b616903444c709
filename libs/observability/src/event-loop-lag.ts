import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/**
 * Every how many milliseconds the loop's punctuality is looked at. Every 10, as prom-client does by default, an idle process wakes a hundred
 * times a second: 40 % of the CPU that all services together take at rest.
 */
const RESOLUTION_MS = 100;

/** How late the event loop comes to what is due, since the scrape before: the names of prom-client's own gauges, without its interval in them. */
export function observeEventLoopLag(metrics: Registry): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const seconds = (nanoseconds: number) =>
    histogram.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
  const read = {
    nodejs_eventloop_lag_mean_seconds: () => seconds(histogram.mean),
    nodejs_eventloop_lag_p50_seconds: () => seconds(histogram.percentile(50)),
    nodejs_eventloop_lag_p90_seconds: () => seconds(histogram.percentile(90)),
    nodejs_eventloop_lag_p99_seconds: () => seconds(histogram.percentile(99)),
    nodejs_eventloop_lag_max_seconds: () => seconds(histogram.max),
  };
  const gauges = Object.entries(read).map(([name, value]) => {
    metrics.removeSingleMetric(name);
    return {
      value,
      gauge: new Gauge({ name, help: 'Lateness of the event loop since the last scrape.', registers: [metrics] }),
    };
  });
  for (const name of [
    'nodejs_eventloop_lag_min_seconds',
    'nodejs_eventloop_lag_stddev_seconds',
    'nodejs_eventloop_lag_seconds',
  ])
    metrics.removeSingleMetric(name);
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'Lateness of the event loop at this scrape.',
    registers: [metrics],
    collect() {
      for (const { gauge, value } of gauges) gauge.set(value());
      histogram.reset();
      const start = performance.now();
      return new Promise((resolve) => {
        setImmediate(() => {
          this.set((performance.now() - start) / 1e3);
          resolve();
        });
      });
    },
  });
}
