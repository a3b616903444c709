import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './dashboards/index.ts';
import { grafanaDashboard } from './grafana.ts';
import { metricsPage } from './metrics-page.ts';

export const checkout = new URL('../../../', import.meta.url).pathname;

/** What this package generates: path from the checkout, and content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/metrics.md', metricsPage()],
    ...dashboards.map((dashboard): [string, string] => [
      `deploy/grafana/${dashboard.uid}.json`,
      `${JSON.stringify(grafanaDashboard(dashboard, dashboards), null, 2)}\n`,
    ]),
  ]);
}

export function readInCheckout(path: string): string {
  return readFileSync(join(checkout, path), 'utf8');
}
