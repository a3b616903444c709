import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../infrastructure/checkout.ts';
import { countTests, type TestCounts } from './test-report.ts';

export interface VitestRun {
  readonly project: string;
  readonly filters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Runs one project, its output straight to the terminal. A vitest that dies is a failure. */
export const runVitest = async ({ project, filters, environment }: VitestRun): Promise<TestCounts> => {
  const folder = join(checkout, '.plexus', 'test');
  mkdirSync(folder, { recursive: true });
  const report = join(folder, `report-${project}-${process.pid}.json`);
  const args = [
    'run',
    '--project',
    project,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const child = spawn(join(checkout, 'node_modules', '.bin', 'vitest'), [...args, ...filters], {
    cwd: checkout,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', resolve);
  });
  const counts = countTests(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined, exitCode);
  rmSync(report, { force: true });
  return counts;
};
