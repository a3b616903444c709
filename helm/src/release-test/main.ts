import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../chart/generated-files.ts';
import { steps } from './steps.ts';
import { startTestCluster } from './test-cluster.ts';

/** Installs the chart on a real API server, once for each release; its last output is kept in docs/. */
const folder = mkdtempSync(join(tmpdir(), 'plexus-release-'));
const lines: string[] = [];
let failed = 0;
console.log('starting the cluster');
const cluster = await startTestCluster(folder);
try {
  const version: unknown = JSON.parse(await cluster.kubectl(['version', '-o', 'json']));
  const server =
    typeof version === 'object' && version !== null && 'serverVersion' in version
      ? JSON.stringify(version.serverVersion)
      : '';
  lines.push(
    `Kubernetes ${/"gitVersion":"([^"]+)"/.exec(server)?.[1] ?? '?'}, helm ${(await cluster.helm(['version', '--short'])).trim()}`,
    '',
  );
  for (const step of steps) {
    try {
      lines.push(`ok      ${step.name}: ${await step.run({ cluster, folder })}`);
    } catch (error) {
      failed++;
      const said =
        error instanceof Error && 'stderr' in error
          ? String(error.stderr)
          : error instanceof Error
            ? error.message
            : String(error);
      lines.push(`failed  ${step.name}: ${said.trim().replaceAll('\n', '; ').slice(0, 800)}`);
    }
    console.log(lines.at(-1));
  }
} finally {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}
lines.push('', `${steps.length - failed} passed, ${failed} failed`);
console.log(lines.at(-1));
const text = [
  '# The chart on a real API server',
  '',
  'Made by `node helm/src/release-test/main.ts`; pods are played by kwok.',
  '',
  '```',
  ...lines,
  '```',
  '',
].join('\n');
writeFileSync(join(repository, 'docs', 'helm-release-test.md'), text);
process.exitCode = failed === 0 ? 0 : 1;
