import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type TestDatabase, testDatabase, testObservability } from '@plexus/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MigrationError, migrate, sql } from './index.ts';

let sample: TestDatabase;
let folder: string;

beforeEach(async () => {
  sample = await testDatabase([]);
  folder = await mkdtemp(join(tmpdir(), 'plexus-migrate-'));
});

afterEach(async () => {
  await sample.drop();
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const run = (observability = testObservability()) =>
  migrate({ url: sample.url, schema: 'sample', directory: pathToFileURL(folder), log: observability.log });
const applied = () =>
  sample.database.query(sql('sample_applied', 'SELECT number, breaking FROM sample.migration ORDER BY number'), []);

test('files are applied once, in order, with a line for each', async () => {
  await write('0001_one.sql', 'CREATE TABLE sample.one (id int); CREATE INDEX ON sample.one (id);');
  await write('0002_two.sql', '-- breaking: one is gone\nDROP TABLE sample.one;');
  const observability = testObservability();
  expect(await run(observability)).toEqual({ applied: 2 });
  expect(await run()).toEqual({ applied: 0 });
  expect(await applied()).toEqual([
    { number: 1, breaking: false },
    { number: 2, breaking: true },
  ]);
  expect(observability.lines).toMatchObject([
    { migration: '0001_one.sql', step: 1, of: 2 },
    { migration: '0002_two.sql', step: 2, of: 2 },
  ]);
});

test('of several processes that start at once one migrates and the others wait for it', async () => {
  await write('0001_one.sql', 'SELECT pg_sleep(0.2); CREATE TABLE sample.one (id int);');
  const results = await Promise.all(Array.from({ length: 5 }, () => run()));
  expect(results.map((result) => result.applied).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 1]);
});

test('a file that fails changes nothing and is told by name', async () => {
  await write('0001_one.sql', 'CREATE TABLE sample.one (id int);');
  await write('0002_two.sql', 'CREATE TABLE sample.two (id int); SELECT nonsense;');
  await expect(run()).rejects.toThrow(/sample: 0002_two.sql failed: .*nonsense/);
  expect(await applied()).toEqual([{ number: 1, breaking: false }]);
  await write('0002_two.sql', 'CREATE TABLE sample.two (id int);');
  expect(await run()).toEqual({ applied: 1 });
});

test('an old version refuses a schema that a newer one broke, and runs on one that is only newer', async () => {
  await write('0001_one.sql', 'SELECT 1');
  await write('0002_two.sql', 'SELECT 2');
  await run();
  await rm(join(folder, '0002_two.sql'));
  expect(await run()).toEqual({ applied: 0 });
  await write('0002_two.sql', 'SELECT 2');
  await write('0003_three.sql', '-- breaking: so it is\nSELECT 3');
  await run();
  await rm(join(folder, '0003_three.sql'));
  await expect(run()).rejects.toBeInstanceOf(MigrationError);
});
