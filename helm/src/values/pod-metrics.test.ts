import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chartFolder, repository } from '../chart/generated-files.ts';
import { listAt, textAt } from '../chart/kubernetes-object.ts';
import { serviceNames } from '../chart/service-graph.ts';

test('what services are scaled by are metrics that there are', () => {
  const values: unknown = parse(readFileSync(join(chartFolder, 'values.yaml'), 'utf8'));
  const scaledBy = serviceNames().flatMap((service) => listAt(values, `${service}.autoscaling.podMetrics`));
  expect(scaledBy.length).toBeGreaterThan(0);
  const catalogue = globSync('libs/observability/src/catalogue/*.ts', { cwd: repository })
    .map((file) => readFileSync(join(repository, file), 'utf8'))
    .join('\n');
  for (const metric of scaledBy) expect(catalogue).toContain(`gaugeOf('${textAt(metric, 'name')}'`);
});
