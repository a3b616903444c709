import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { sql, type Transaction } from '@plexus/postgres';
import { type TestDatabase, testDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deadLetter } from './dead-letters.ts';
import { ConsumerPositionMoved, consumerPosition, loadPosition } from './log-tables.ts';
import { roomLog } from './topology.ts';
import { TrailingPosition } from './trailing-position.ts';

const statements = { ...consumerPosition('trailed'), ...deadLetter('trailed') };
const insertEffects = sql(
  'trailing_effects',
  'INSERT INTO trailed.effect (position) SELECT * FROM unnest($1::bigint[])',
);
const selectEffects = sql('trailing_select', 'SELECT position FROM trailed.effect ORDER BY position');
const selectParked = sql('trailing_parked', 'SELECT position FROM trailed.dead_letter ORDER BY position');
const removeParked = sql('trailing_remove', 'DELETE FROM trailed.dead_letter');
const truncate = sql('trailing_truncate', 'TRUNCATE trailed.effect, trailed.consumer_position, trailed.dead_letter');

let folder: string;
let tables: TestDatabase;
let now = 0;
const clock = { now: () => now, monotonic: () => now };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plexus-trailing-'));
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const given = /```sql\n([^`]*)```/.exec(readme)?.[1]?.replaceAll('service.', 'trailed.') ?? '';
  await writeFile(
    join(folder, '0001_trailing.sql'),
    `${given} CREATE TABLE trailed.effect (position bigint PRIMARY KEY);`,
  );
  tables = await testDatabase([{ name: 'trailed', migrations: pathToFileURL(folder) }]);
});
beforeEach(() => tables.database.query(truncate, []));
afterAll(async () => {
  await tables.drop();
  await rm(folder, { recursive: true });
});

const entries = (first: number, last: number): RoomLogEntry[] =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    position: first + index,
    traceparent: '',
    kind: undefined,
  }));
const effects = (of: readonly RoomLogEntry[]) => (transaction: Transaction) =>
  transaction.query(insertEffects, [of.map(({ position }) => position)]);
const stored = () => loadPosition(tables.database, statements, roomLog);
const positionsOf = async (statement: typeof selectEffects) =>
  (await tables.database.query<{ position: number }>(statement, [])).map(({ position }) => position);

function replica(): TrailingPosition<RoomLogEntry> {
  return new TrailingPosition({ database: tables.database, statements, stream: roomLog, clock });
}

/** One that has stored the effects of the first entry. */
async function begun(): Promise<TrailingPosition<RoomLogEntry>> {
  const position = replica();
  expect(await position.load()).toBe(0);
  await position.store(entries(1, 1), effects(entries(1, 1)));
  return position;
}

describe('what is passed over', () => {
  test('is stored once a second, and when the consumer settles', async () => {
    const position = await begun();
    expect(await position.passOver(entries(2, 3))).toBe(true);
    expect(await position.passOver(entries(4, 4))).toBe(true);
    expect([await stored(), await position.load()]).toEqual([1, 4]);
    now += 1_000;
    expect(await position.passOver(entries(5, 5))).toBe(true);
    expect(await stored()).toBe(5);
    expect(await position.passOver(entries(6, 6))).toBe(true);
    await position.settle();
    expect(await stored()).toBe(6);
  });

  test('is stored with the next effects, or not at all when they are not', async () => {
    const position = await begun();
    await position.passOver(entries(2, 3));
    await expect(position.store(entries(4, 4), () => Promise.reject(new Error('rolled back')))).rejects.toThrow();
    expect([await stored(), await position.load()]).toEqual([1, 3]);
    await position.store(entries(4, 5), effects(entries(5, 5)));
    expect([await stored(), await position.load()]).toEqual([5, 5]);
  });

  test('must follow what came before', async () => {
    const position = await begun();
    await expect(position.passOver(entries(3, 3))).rejects.toBeInstanceOf(ConsumerPositionMoved);
    await expect(position.store(entries(1, 1), effects([]))).rejects.toBeInstanceOf(ConsumerPositionMoved);
    expect(await position.load()).toBe(1);
  });

  test('is looked at again after a crash', async () => {
    await (await begun()).passOver(entries(2, 9));
    expect(await replica().load()).toBe(1);
  });

  test('takes the way of a transaction while anything is set aside', async () => {
    const position = await begun();
    await position.passOver(entries(2, 2));
    await position.park(entries(3, 3)[0] ?? expect.fail(), new Error('poison'));
    expect([await stored(), await positionsOf(selectParked)]).toEqual([3, [3]]);
    expect([await position.passOver(entries(4, 4)), await position.load()]).toEqual([false, 3]);
    const other = replica();
    expect([await other.load(), await other.passOver(entries(4, 4))]).toEqual([3, false]);
    await tables.database.query(removeParked, []);
    await position.settle();
    expect(await position.passOver(entries(4, 4))).toBe(true);
  });
});

describe('of two replicas', () => {
  test('one stores the effects, and the other goes on behind them', async () => {
    const [first, second] = [await begun(), replica()];
    await second.load();
    await Promise.all([first.passOver(entries(2, 4)), second.passOver(entries(2, 4))]);
    await first.store(entries(5, 5), effects(entries(5, 5)));
    await expect(second.store(entries(5, 5), effects(entries(5, 5)))).rejects.toBeInstanceOf(ConsumerPositionMoved);
    expect(await second.load()).toBe(5);
    expect(await positionsOf(selectEffects)).toEqual([1, 5]);
  });

  test('none stores from a position that the other has stored since', async () => {
    const [first, second] = [await begun(), replica()];
    await second.load();
    await first.passOver(entries(2, 7));
    await second.passOver(entries(2, 3));
    await second.settle();
    await expect(first.store(entries(8, 8), effects(entries(8, 8)))).rejects.toBeInstanceOf(ConsumerPositionMoved);
    expect(await first.load()).toBe(3);
    await first.store(entries(4, 8), effects(entries(8, 8)));
    expect(await positionsOf(selectEffects)).toEqual([1, 8]);
  });

  test('with crashes, failures and any order every effect is stored once', async () => {
    let seed = 20_261_121;
    const below = (limit: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * limit);
    };
    const last = 600;
    const hasEffect = new Set(entries(1, last).flatMap(({ position }) => (below(7) === 0 ? [position] : [])));
    const run = async () => {
      let position = replica();
      let at = await position.load();
      while (at < last) {
        now += below(400);
        if (below(40) === 0) {
          position = replica();
          at = await position.load();
          continue;
        }
        const batch = entries(at + 1, Math.min(last, at + 1 + below(5)));
        const wanted = batch.filter((entry) => hasEffect.has(entry.position));
        try {
          if (wanted.length > 0 || !(await position.passOver(batch)))
            await position.store(batch, async (transaction) => {
              await effects(wanted)(transaction);
              if (below(10) === 0) throw new Error('rolled back');
            });
          at = batch.at(-1)?.position ?? at;
        } catch {
          at = await position.load();
        }
        if (below(20) === 0) await position.settle();
      }
    };
    await Promise.all([run(), run(), run()]);
    expect(await positionsOf(selectEffects)).toEqual([...hasEffect]);
  });
});
