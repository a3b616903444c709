import { describe, expect, test } from 'vitest';
import { MigrationError, parseMigration, planMigrations } from './migration-plan.ts';

const file = (name: string, text = 'SELECT 1') => parseMigration(name, text, `checksum of ${text}`);
const one = file('0001_one.sql');
const two = file('0002_two.sql');
const breaking = file('0003_three.sql', '-- breaking: 0.4 reads the column\nALTER TABLE a DROP COLUMN b');

describe('a migration file', () => {
  test('has its number in its name', () => {
    expect(one.number).toBe(1);
    expect(() => file('1_one.sql')).toThrow(MigrationError);
    expect(() => file('0001-one.sql')).toThrow(MigrationError);
  });

  test('says when older versions must not run on its result', () => {
    expect(one.breaking).toBe(false);
    expect(breaking.breaking).toBe(true);
    expect(file('0001_a.sql', '-- breaking:\nSELECT 1').breaking).toBe(false);
  });
});

describe('a plan', () => {
  test('applies what is missing, in order', () => {
    expect(planMigrations('s', [one, two], [])).toEqual({ missing: [one, two], newer: [] });
    expect(planMigrations('s', [one, two], [one])).toEqual({ missing: [two], newer: [] });
    expect(planMigrations('s', [one, two], [one, two])).toEqual({ missing: [], newer: [] });
  });

  test('accepts what a newer version has applied when it is compatible', () => {
    expect(planMigrations('s', [one], [one, two])).toEqual({ missing: [], newer: ['0002_two.sql'] });
  });

  test('refuses what a newer version has broken', () => {
    expect(() => planMigrations('s', [one, two], [one, two, breaking])).toThrow(
      /0003_three.sql of a newer version is breaking/,
    );
  });

  test('refuses numbers with gaps or twins', () => {
    expect(() => planMigrations('s', [one, breaking], [])).toThrow(/should have number 2/);
    expect(() => planMigrations('s', [one, file('0001_again.sql')], [])).toThrow(/should have number 2/);
    expect(() => planMigrations('s', [one, two], [two])).toThrow(/migration 1 was not applied/);
  });

  test('refuses files that changed after they were applied', () => {
    expect(() => planMigrations('s', [file('0001_one.sql', 'SELECT 2')], [one])).toThrow(/another text/);
    expect(() => planMigrations('s', [file('0001_uno.sql')], [one])).toThrow(/another text/);
  });
});
