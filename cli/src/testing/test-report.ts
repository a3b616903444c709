/** Sums of one vitest run. What did not run has not passed: skipped and todo tests count as failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Reads what vitest's JSON reporter wrote.
 * @param report undefined when there is none: the run died, which is one failure.
 * @param exitCode of vitest: a run that failed without a failed test (an unhandled error) is one failure.
 */
export const countTests = (report: unknown, exitCode: number | null): TestCounts => {
  if (typeof report !== 'object' || report === null) return { passed: 0, failed: 1 };
  const passed = numberAt(report, 'numPassedTests');
  const notPassed = numberAt(report, 'numTotalTests') - passed;
  const failed = notPassed + emptyFailures(report);
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
};

/** Files that failed before any of their tests could. */
const emptyFailures = (report: object): number => {
  const files: unknown = 'testResults' in report ? report.testResults : [];
  if (!Array.isArray(files)) return 0;
  return files.filter(({ status, assertionResults }) => status === 'failed' && assertionResults?.length === 0).length;
};

const numberAt = (report: object, key: string): number => {
  const value: unknown = Object.entries(report).find(([name]) => name === key)?.[1];
  return typeof value === 'number' ? value : 0;
};

export const addCounts = (all: readonly TestCounts[]): TestCounts => ({
  passed: all.reduce((sum, { passed }) => sum + passed, 0),
  failed: all.reduce((sum, { failed }) => sum + failed, 0),
});
