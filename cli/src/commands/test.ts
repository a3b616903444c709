import { delimiter, dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../cli-error.ts';
import { findJaeger } from '../infrastructure/jaeger.ts';
import { installPrerequisites } from '../testing/prerequisites.ts';
import { runVitest } from '../testing/run-vitest.ts';
import { addCounts, type TestCounts } from '../testing/test-report.ts';
import { startTestServers } from '../testing/test-servers.ts';

const projects = ['unit', 'int', 'e2e'] as const;
type Project = (typeof projects)[number];

export const addTestCommand = (program: Command, settle: (exitCode: number) => void): void => {
  program
    .command('test')
    .description('set up what the tests need, run them, and end with "N passed, N failed"')
    .argument('[which]', 'unit, int, e2e or all', parseWhich, [...projects])
    .argument('[filter...]', 'only test files whose path contains one of these')
    .action(async (which: readonly Project[], filters: readonly string[]) => settle(await test(which, filters)));
};

const parseWhich = (value: string): Project[] => {
  const chosen = projects.filter((project) => value === project || value === 'all');
  if (chosen.length === 0) throw new InvalidArgumentError(`there are ${projects.join(', ')} and all`);
  return chosen;
};

const test = async (which: readonly Project[], filters: readonly string[]): Promise<number> => {
  const isUnitAlone = which.every((project) => project === 'unit');
  const missing = isUnitAlone ? [] : await installPrerequisites(line);
  for (const sentence of missing) line(sentence);
  // On a person's machine what can run runs; in CI a test that cannot run has failed.
  const counts: TestCounts[] = process.env['CI'] === 'true' ? [{ passed: 0, failed: missing.length }] : [];
  // Built beside the tests before those that need it: it takes minutes the first time.
  const jaeger = which.includes('e2e') ? prepareJaeger() : undefined;
  const servers = isUnitAlone ? undefined : await startTestServers(line);
  const stopOnSignal = (): void => void servers?.stop().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopOnSignal);
  try {
    for (const project of which) {
      const environment = { ...servers?.environment };
      if (project === 'e2e' && jaeger !== undefined) {
        const prepared = await jaeger;
        if ('missing' in prepared) {
          line(prepared.missing);
          if (process.env['CI'] === 'true') counts.push({ passed: 0, failed: 1 });
        } else environment.PATH = [environment.PATH ?? process.env['PATH'] ?? '', prepared.folder].join(delimiter);
      }
      counts.push(await runProject(project, filters, environment));
    }
  } finally {
    await servers?.stop();
  }
  const { passed, failed } = addCounts(counts);
  line(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
};

/** The folder of a Jaeger 2, or a sentence that says why there is none. Never rejects. */
const prepareJaeger = async (): Promise<{ readonly folder: string } | { readonly missing: string }> => {
  try {
    return { folder: dirname(await findJaeger(line)) };
  } catch (error) {
    return { missing: messageOf(error).slice(0, 500) };
  }
};

const line = (text: string): void => console.log(text);

const runProject = async (
  project: Project,
  filters: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<TestCounts> => {
  const beganAt = performance.now();
  line(`\n${project} tests`);
  const counts = await runVitest({ project, filters, environment });
  const seconds = ((performance.now() - beganAt) / 1000).toFixed(1);
  line(`${project}: ${counts.passed} tests passed and ${counts.failed} failed in ${seconds} s`);
  return counts;
};
