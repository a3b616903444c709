import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkout } from './files.ts';
import { ruleTestFiles, ruleTestFolder } from './rules.ts';

const run = promisify(execFile);

test('the rules are such as Prometheus reads', async () => {
  const files = ['recording.yaml', 'alerts.yaml'].map((name) => join(checkout, 'deploy/prometheus', name));
  const { stdout } = await run('promtool', ['check', 'rules', ...files]);
  expect(stdout).toMatch(/SUCCESS: \d+ rules found[\s\S]*SUCCESS: \d+ rules found/);
});

test.each(ruleTestFiles())('%s: what shall fire fires, with its words, and nothing else does', async (name) => {
  const { stdout } = await run('promtool', ['test', 'rules', join(ruleTestFolder, name)]);
  expect(stdout).toContain('SUCCESS');
});
