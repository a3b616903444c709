import { describe, expect, it } from 'vitest';
import { type ConditionRow, judgeCondition, unansweredCondition } from './condition.ts';

const good: ConditionRow = {
  version: 150_018,
  standby: false,
  read_only: false,
  encoding: 'UTF8',
  collation: 'C.UTF-8',
  now: 0,
};

describe('the condition of a database', () => {
  it('is good on a recent primary in UTF8 that sorts by bytes', () => {
    expect(judgeCondition(good, 0.2)).toEqual({ problems: [], remarks: [] });
  });

  it.each([
    [{ version: 130_004 }, 'PostgreSQL 13 is older than 14'],
    [{ standby: true, read_only: true }, 'it is a standby'],
    [{ read_only: true }, 'it is read-only'],
    [{ encoding: 'SQL_ASCII' }, 'encoded in SQL_ASCII and not in UTF8'],
  ])('with %j is a problem', (change, problem) => {
    const { problems } = judgeCondition({ ...good, ...change }, 0);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  it('a collation that the system may change is remarked on, and works', () => {
    const { problems, remarks } = judgeCondition({ ...good, collation: 'en_US.UTF-8' }, 0);
    expect([problems, remarks]).toEqual([[], [expect.stringContaining('sorts by the collation en_US.UTF-8')]]);
  });

  it.each([
    [7.25, '7.3 s ahead of'],
    [-90, '90.0 s behind'],
  ])('a clock that is %d s off is remarked on', (skew, words) => {
    expect(judgeCondition(good, skew).remarks).toEqual([expect.stringContaining(words)]);
  });

  it('of one that does not answer is said by its reason', () => {
    expect(unansweredCondition(Object.assign(new Error('x'), { code: '28P01' })).problems).toEqual([
      'the database does not take writes: it refuses the password',
    ]);
    expect(unansweredCondition(new Error('password is secret')).problems).toEqual([
      'the database does not take writes: no answer',
    ]);
  });
});
