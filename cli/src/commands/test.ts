import { delimiter, dirname } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../cli-error.ts';
import { findBridgeTools } from '../infrastructure/bridge-tools.ts';
import { findHelmTools } from '../infrastructure/helm-tools.ts';
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
  // Built beside the tests before those that need them: it takes minutes the first time.
  const tools = which.includes('e2e') ? prepareTools() : undefined;
  const servers = isUnitAlone ? undefined : await startTestServers(line);
  const stopOnSignal = (): void => void servers?.stop().finally(() => process.exit(1));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopOnSignal);
  try {
    for (const project of which) {
      const environment = { ...servers?.environment };
      if (project === 'e2e' && tools !== undefined) {
        const { folders, variables, missing } = await tools;
        for (const sentence of missing) line(sentence);
        if (process.env['CI'] === 'true') counts.push({ passed: 0, failed: missing.length });
        const path = environment.PATH ?? process.env['PATH'] ?? '';
        Object.assign(environment, variables, { PATH: [path, ...folders].join(delimiter) });
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

interface PreparedTools {
  /** For PATH. */
  readonly folders: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** A sentence for each tool that is not to be had, and why. */
  readonly missing: readonly string[];
}

/** Jaeger 2, what looks at the Helm chart, and real bridges. Never rejects. */
const prepareTools = async (): Promise<PreparedTools> => {
  const prepared = { folders: [] as string[], variables: {}, missing: [] as string[] };
  const prepare = async (find: () => Promise<readonly string[]>): Promise<void> => {
    try {
      prepared.folders.push(...(await find()));
    } catch (error) {
      prepared.missing.push(messageOf(error).slice(0, 500));
    }
  };
  await prepare(async () => [dirname(await findJaeger(line))]);
  await prepare(async () => {
    const { folders, schemas } = await findHelmTools(line);
    Object.assign(prepared.variables, { PLEXUS_TEST_KUBERNETES_SCHEMAS: schemas });
    return folders;
  });
  await prepare(async () => {
    Object.assign(prepared.variables, await findBridgeTools(line));
    return [];
  });
  return prepared;
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
