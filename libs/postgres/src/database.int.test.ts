import { type TestDatabase, testDatabase, testObservability } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseError, isUniqueViolation, openDatabase, sql } from './index.ts';
import type { Database } from './types.ts';

const insert = sql('sample_insert', 'INSERT INTO sample.item (id, name, bytes) VALUES ($1, $2, $3)');
const insertMany = sql(
  'sample_insert_many',
  'INSERT INTO sample.item (id, name, bytes) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])',
);
const select = sql('sample_select', 'SELECT id, name, bytes FROM sample.item WHERE id = ANY($1::bigint[]) ORDER BY id');
const backend = sql('sample_backend', 'SELECT pg_backend_pid() AS pid');

let sample: TestDatabase;
let database: Database;

beforeAll(async () => {
  sample = await testDatabase([{ name: 'sample', migrations: new URL('../test/migrations/', import.meta.url) }]);
  database = sample.database;
});

afterAll(() => sample.drop());

const rowsOf = (...ids: number[]) => database.query<{ id: number; name: string; bytes: Buffer | null }>(select, [ids]);

describe('values', () => {
  test('go in and come out as they were', async () => {
    await database.query(insertMany, [
      [101, 102, 9_007_199_254_740_991],
      ['plain', 'say "hi" \\ {a,b} NULL 😀', ''],
      [Buffer.from([0, 1, 255]), null, Buffer.alloc(0)],
    ]);
    expect(await rowsOf(101, 102, 9_007_199_254_740_991)).toEqual([
      { id: 101, name: 'plain', bytes: Buffer.from([0, 1, 255]) },
      { id: 102, name: 'say "hi" \\ {a,b} NULL 😀', bytes: null },
      { id: 9_007_199_254_740_991, name: '', bytes: Buffer.alloc(0) },
    ]);
  });

  test('arrays come out as arrays', async () => {
    const arrays = sql(
      'sample_arrays',
      `SELECT $1::bigint[] AS ids, $2::text[] AS names, $3::bytea[] AS bytes, $4::bool[] AS flags`,
    );
    const values = [
      [1, null, 3],
      ['a', null, '"'],
      [Buffer.from('x'), null],
      [true, null, false],
    ] as const;
    const [row] = await database.query<Record<string, unknown>>(arrays, values);
    expect(row).toEqual({ ids: values[0], names: values[1], bytes: values[2], flags: values[3] });
  });

  test('beyond 2^53 are refused rather than rounded', async () => {
    const beyond = sql('sample_beyond', 'SELECT 9007199254740993::bigint AS n');
    await expect(database.query(beyond, [])).rejects.toThrow(/2\^53/);
    expect(await database.query(sql('sample_after', 'SELECT 1 AS n'), [])).toEqual([{ n: 1 }]);
  });
});

describe('a transaction', () => {
  test('is rolled back when the work throws, and its connection is used again', async () => {
    const failing = database.transaction(async (transaction) => {
      await transaction.query(insert, [201, 'gone', null]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await rowsOf(201)).toEqual([]);
  });

  test('that went on after a failed statement is an error, not a silent rollback', async () => {
    const careless = database.transaction(async (transaction) => {
      await transaction.query(insert, [202, 'first', null]);
      await transaction.query(insert, [202, 'twin', null]).catch(() => undefined);
    });
    await expect(careless).rejects.toThrow(/went on after/);
    expect(await rowsOf(202)).toEqual([]);
  });

  test('takes no statement after its end', async () => {
    let late: Promise<unknown> | undefined;
    await database.transaction(async (transaction) => {
      late = new Promise((resolve) => setTimeout(resolve, 20)).then(() =>
        transaction.query(insert, [203, 'late', null]),
      );
    });
    await expect(late).rejects.toThrow(/after the end/);
    expect(await rowsOf(203)).toEqual([]);
  });

  test('sends its statements without waiting for each other’s answers', async () => {
    await database.transaction(async (transaction) => {
      await Promise.all([
        transaction.query(insert, [204, 'a', null]),
        transaction.query(insert, [205, 'b', null]),
        transaction.query(insert, [206, 'c', null]),
      ]);
    });
    expect(await rowsOf(204, 205, 206)).toHaveLength(3);
  });
});

describe('errors', () => {
  test('tell a unique violation with its constraint', async () => {
    await database.query(insert, [301, 'one', null]);
    const error: unknown = await database.query(insert, [301, 'two', null]).catch((reason: unknown) => reason);
    expect(isUniqueViolation(error)).toBe(true);
    expect(isUniqueViolation(error, 'item_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
    expect(error).toMatchObject({ sqlState: '23505', retryable: false, statement: 'sample_insert' });
  });

  test('never quote parameters', async () => {
    const secret = 'a-secret-token';
    const cast = sql('sample_cast', 'SELECT $1::text::int');
    const error: unknown = await database.query(cast, ['12']).catch((reason: unknown) => reason);
    expect(error).toEqual([{ int4: 12 }]);
    const failed: unknown = await database
      .query(insert, [302, null, Buffer.from(secret)])
      .catch((reason: unknown) => reason);
    expect(failed).toBeInstanceOf(DatabaseError);
    expect(String(failed)).not.toContain(Buffer.from(secret).toString('hex'));
  });

  test('of a lost connection pass, and the next statement gets a new one', async () => {
    const single = openDatabase({ url: sample.url, maxConnections: 1, observability: testObservability() });
    const sleep = single.query(sql('sample_sleep', 'SELECT pg_sleep(10)'), []).catch((reason: unknown) => reason);
    const find = sql(
      'sample_find',
      `SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'`,
    );
    let victims: { pid: number }[] = [];
    while (victims.length === 0) victims = await database.query<{ pid: number }>(find, []);
    const end = sql('sample_terminate', 'SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid');
    await database.query(end, [victims.map((victim) => victim.pid)]);
    expect(await sleep).toMatchObject({ retryable: true });
    expect(await single.query(backend, [])).toHaveLength(1);
    await single.close();
  });

  test('between two statements of a transaction fail the next one, and nothing else', async () => {
    const end = sql('sample_terminate_one', 'SELECT pg_terminate_backend($1) AS done');
    const gone = sql('sample_is_gone', 'SELECT count(*) AS left FROM pg_stat_activity WHERE pid = $1');
    const failed = database.transaction(async (transaction) => {
      const [own] = await transaction.query<{ pid: number }>(backend, []);
      const pid = own?.pid ?? 0;
      await database.query(end, [pid]);
      for (let left = 1; left > 0; ) left = (await database.query<{ left: number }>(gone, [pid]))[0]?.left ?? 0;
      await transaction.query(backend, []);
    });
    await expect(failed).rejects.toMatchObject({ retryable: true });
    expect(await database.query(backend, [])).toHaveLength(1);
  });

  test('of a server that is not there come soon and pass', async () => {
    const nowhere = openDatabase({
      url: 'postgresql://localhost:1/x',
      maxConnections: 1,
      observability: testObservability(),
    });
    await expect(nowhere.query(backend, [])).rejects.toMatchObject({ sqlState: '08006', retryable: true });
    expect((await nowhere.condition()).problems).toEqual([
      'the database does not take writes: no answer (ECONNREFUSED)',
    ]);
    await nowhere.close();
  });

  test('of a read-only server drop the connection', async () => {
    const single = openDatabase({ url: sample.url, maxConnections: 1, observability: testObservability() });
    const [before] = await single.query<{ pid: number }>(backend, []);
    await single.query(sql('sample_read_only', 'SET default_transaction_read_only = on'), []);
    expect(await single.query(backend, [])).toEqual([before]);
    await expect(single.query(insert, [303, 'x', null])).rejects.toMatchObject({ sqlState: '25006', retryable: true });
    const [after] = await single.query<{ pid: number }>(backend, []);
    expect(after).not.toEqual(before);
    await single.close();
  });

  test('of a statement that takes too long', async () => {
    const hasty = openDatabase({
      url: sample.url,
      maxConnections: 1,
      observability: testObservability(),
      statementTimeoutMs: 50,
    });
    await expect(hasty.query(sql('sample_long', 'SELECT pg_sleep(5)'), [])).rejects.toMatchObject({
      sqlState: '57014',
    });
    await hasty.close();
  });
});

describe('writability', () => {
  test('is told, and a read-only connection is dropped', async () => {
    const single = openDatabase({ url: sample.url, maxConnections: 1, observability: testObservability() });
    const good = { problems: [], remarks: [] };
    expect(await single.condition()).toEqual(good);
    await single.query(sql('sample_read_only_too', 'SET default_transaction_read_only = on'), []);
    expect((await single.condition()).problems).toEqual([
      'the database does not take writes: it is read-only (default_transaction_read_only is on)',
    ]);
    expect(await single.condition()).toEqual(good);
    await single.close();
  });
});

test('a prepared statement lives through a migration that changes its columns', async () => {
  const star = sql('sample_star', 'SELECT * FROM sample.changing');
  const single = openDatabase({ url: sample.url, maxConnections: 1, observability: testObservability() });
  await single.query(star, []);
  await database.query(sql('sample_alter', 'ALTER TABLE sample.changing ADD COLUMN more integer'), []);
  await expect(single.query(star, [])).rejects.toMatchObject({ retryable: true });
  expect(await single.query(star, [])).toEqual([]);
  await single.close();
});

test('statements are timed by name, and failures counted by SQLSTATE', async () => {
  const observability = testObservability();
  const watched = openDatabase({ url: sample.url, maxConnections: 1, observability });
  await watched.query(insert, [401, 'x', null]);
  await watched.query(insert, [401, 'x', null]).catch(() => undefined);
  const text = await observability.metrics.metrics();
  expect(text).toContain('plexus_postgres_statement_seconds_count{statement="sample_insert"} 2');
  expect(text).toContain('plexus_postgres_errors_total{statement="sample_insert",sqlstate="23505"} 1');
  expect(text).toContain('plexus_postgres_connections{state="idle"} 1');
  await watched.close();
});
