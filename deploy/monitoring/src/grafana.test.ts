import { describe, expect, it, test } from 'vitest';
import { dashboards } from './dashboards/index.ts';
import { grafanaDashboard } from './grafana.ts';

test('there are dashboards enough, each with a name of its own', () => {
  expect(dashboards.length).toBeGreaterThanOrEqual(5);
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
});

describe.each(dashboards)('$uid', (dashboard) => {
  const panels = dashboard.rows.flatMap((row) => row.panels);
  const json = JSON.stringify(grafanaDashboard(dashboard, dashboards));

  it('explains each panel', () => {
    expect(panels.filter(({ description }) => description.length < 10).map(({ title }) => title)).toEqual([]);
  });

  it('marks when another version begins to run', () => {
    expect(JSON.parse(json).annotations.list).toMatchObject([
      { name: 'Deployments', enable: true, expr: expect.stringContaining('plexus_build_info') },
    ]);
  });

  it('has no two panels on one place', () => {
    const places = json.match(/"gridPos":\{[^}]*\}/g) ?? [];
    expect(places.length).toBe(panels.length + dashboard.rows.length);
    expect(new Set(places).size).toBe(places.length);
  });

  it('takes the data source and the processes from its variables', () => {
    for (const { queries } of panels)
      for (const { expr } of queries)
        expect(expr).toContain(
          /^stream_consumer:|ALERTS/.test(expr) ? 'namespace=~"$namespace"' : 'namespace=~"$namespace",job=~"$job"',
        );
    expect(json).not.toMatch(/"uid":"(?!\$datasource|plexus-)/);
  });
});
