import { expect, test } from 'vitest';
import { addCounts, countTests } from './test-report.ts';

const report = (passed: number, total: number, files: object[] = []) => ({
  numPassedTests: passed,
  numTotalTests: total,
  testResults: files,
});

test('what has not passed has failed, skipped and todo tests too', () => {
  expect(countTests(report(7, 10), 1)).toEqual({ passed: 7, failed: 3 });
});

test('a file that fails before its first test is a failure', () => {
  const files = [
    { status: 'failed', assertionResults: [] },
    { status: 'passed', assertionResults: [{}] },
  ];
  expect(countTests(report(1, 1, files), 1)).toEqual({ passed: 1, failed: 1 });
});

test('a vitest that died, or that failed without saying in which test, is a failure', () => {
  expect(countTests(undefined, null)).toEqual({ passed: 0, failed: 1 });
  expect(countTests(report(5, 5), 1)).toEqual({ passed: 5, failed: 1 });
  expect(countTests(report(5, 5), 0)).toEqual({ passed: 5, failed: 0 });
});

test('runs are summed', () => {
  expect(
    addCounts([
      { passed: 1, failed: 0 },
      { passed: 2, failed: 3 },
    ]),
  ).toEqual({ passed: 3, failed: 3 });
});
