import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './source-files.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

it('the operator’s guide says what every alert means', () => {
  const alerts = [...read('deploy/prometheus/alerts.yaml').matchAll(/- alert: (\w+)/g)].map((match) => match[1] ?? '');
  const page = read('docs/operators/alerts.md');
  expect(alerts.length).toBeGreaterThan(25);
  expect(alerts.filter((alert) => !page.includes(`[${alert}](../runbooks/${alert}.md)`))).toEqual([]);
});

it('the operator’s guide knows every variable of the compose file', () => {
  expect(existsSync(join(root, 'docker-compose.yml'))).toBe(true);
  const variables = new Set(
    [...read('docker-compose.yml').matchAll(/\$\{(PLEXUS_\w+)/g)].map((match) => match[1] ?? ''),
  );
  const page = read('docs/operators/compose.md');
  expect([...variables].filter((variable) => !page.includes(variable))).toEqual([]);
});
