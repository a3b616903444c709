import { expect, test } from 'vitest';
import { sql } from './sql.ts';

test('a name belongs to one text', () => {
  const statement = sql('test_one', 'SELECT 1');
  expect(sql('test_one', 'SELECT 1')).toEqual(statement);
  expect(() => sql('test_one', 'SELECT 2')).toThrow(/taken/);
});

test('a name that PostgreSQL would cut, or that is no label, is refused', () => {
  expect(() => sql('x'.repeat(64), 'SELECT 1')).toThrow(/63/);
  expect(() => sql('Test-One', 'SELECT 1')).toThrow(/snake_case/);
});
