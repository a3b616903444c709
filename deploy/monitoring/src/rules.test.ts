import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from '@plexus/observability';
import { describe, expect, it, test } from 'vitest';
import { dashboards } from './dashboards/index.ts';
import { checkout, readInCheckout } from './files.ts';
import { alerts, recordings, ruleTests } from './rules.ts';

const all = alerts();
const tests = ruleTests();
const series = new Set(
  Object.values(catalogue).flatMap((area) =>
    Object.values(area).flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ),
);
const recorded = new Set(recordings().map(({ name }) => name));
const queries = dashboards.flatMap(({ rows }) =>
  rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries)),
);

test('there is a page for every alert, and an alert for every page', () => {
  const pages = readdirSync(join(checkout, 'docs/runbooks')).map((file) => file.replace(/\.md$/, ''));
  expect(pages.toSorted()).toEqual(all.map(({ name }) => name).toSorted());
});

describe.each(all)('$name', ({ name, severity, summary, runbook }) => {
  it('says how grave it is, what is wrong, and where to read on', () => {
    expect(['page', 'ticket', 'info']).toContain(severity);
    expect(summary).toMatch(/\S{3,}/);
    const page = readInCheckout(runbook);
    expect(page.startsWith(`# ${name}\n`)).toBe(true);
    expect(page).toMatch(/## How to look\n\n- [\s\S]+## What to do\n\n- /);
  });

  it('is tested: it fires, and it does not', () => {
    const outcomes = tests.filter(({ alert }) => alert === name).map(({ fires }) => (fires ? 'fires' : 'does not'));
    expect([...new Set(outcomes)].toSorted()).toEqual(['does not', 'fires']);
  });
});

describe.each([...all, ...recordings()])('installations beside each other are judged apart: $name', ({ expr }) => {
  it('selects series of the product by app="plexus", which the chart narrows to its release', () => {
    const selectors = expr.match(/\b(?!plexus\b)(?:\w+:)?(?:plexus|nodejs|process)[\w:]*(?:\{[^}]*\})?/g) ?? [];
    expect(selectors.filter((selector) => !selector.includes('{app="plexus"'))).toEqual([]);
  });

  it('keeps namespace and installation in every aggregation and match', () => {
    const aggregations = expr.match(/\b(?:sum|min|max|avg|count|group|topk)\b[^(]*\([^)]*/g) ?? [];
    const ofRelease = aggregations.filter((text) => !text.includes('by (namespace, '));
    expect(ofRelease).toEqual([]);
    for (const match of expr.match(/\bon \([^)]*\)/g) ?? []) expect(match).toMatch(/^on \(namespace, /);
  });
});

/** What other programs show: node_exporter's folder of text files, as docs/operators/backup.md writes one. */
const shownByOthers = new Set(['plexus_backup_timestamp_seconds']);

test('rules and panels ask for series that there are', () => {
  const asked = [...all, ...recordings(), ...queries].flatMap(({ expr }) => expr.match(/[\w:]*plexus[\w:]*/g) ?? []);
  const unknown = asked.filter(
    (name) => name !== 'plexus' && !series.has(name) && !shownByOthers.has(name) && !recorded.has(name),
  );
  expect(unknown).toEqual([]);
});
