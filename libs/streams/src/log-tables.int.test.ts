import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { sql, type Transaction } from '@plexus/postgres';
import { eventually, type TestDatabase, testDatabase, testObservability, testStreams } from '@plexus/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDeadLetters } from './dead-letter-lines.ts';
import { deadLetter, loadSetAside, parkEntry, retryDeadLetters, withoutSetAside } from './dead-letters.ts';
import { startLogConsumer } from './log-consumer.ts';
import { advancePosition, ConsumerPositionMoved, consumerPosition, loadPosition, logCounter } from './log-tables.ts';
import { roomLog } from './topology.ts';
import type { LogConsumerOptions } from './types.ts';

const counter = logCounter('sample');
const statements = { ...consumerPosition('sample'), ...deadLetter('sample') };
const insertEffects = sql(
  'sample_insert_effects',
  'INSERT INTO sample.effect (position, event_id) SELECT * FROM unnest($1::bigint[], $2::text[])',
);
const readEffects = sql('sample_read_effects', 'SELECT count(*) AS effects, max(position) AS last FROM sample.effect');
const truncate = sql(
  'sample_truncate',
  'TRUNCATE sample.effect, sample.consumer_position, sample.dead_letter, sample.log_counter',
);

let folder: string;
let sample: TestDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plexus-log-tables-'));
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const tables = /```sql\n([^`]*)```/.exec(readme)?.[1]?.replaceAll('service.', 'sample.') ?? '';
  const effects = 'CREATE TABLE sample.effect (position bigint PRIMARY KEY, event_id text NOT NULL);';
  await writeFile(join(folder, '0001_sample.sql'), tables + effects);
  sample = await testDatabase([{ name: 'sample', migrations: pathToFileURL(folder) }]);
});

beforeEach(() => sample.database.query(truncate, []));

afterAll(async () => {
  await sample.drop();
  await rm(folder, { recursive: true });
});

function roomEvent(position: number, roomId = '!room:example.org'): RoomLogEntry {
  return {
    position,
    traceparent: '',
    kind: {
      $case: 'event',
      value: {
        roomId,
        eventId: `$event-${position}`,
        roomVersion: '12',
        type: 'm.room.message',
        sender: '@alice:example.org',
        originServerTs: 1_767_225_600_000 + position,
        json: JSON.stringify({ content: { body: 'x'.repeat(500) } }),
        stateChanges: [],
        strippedState: [],
        historical: false,
      },
    },
  };
}

function consumerOptions(overrides: Partial<LogConsumerOptions<RoomLogEntry>> = {}): LogConsumerOptions<RoomLogEntry> {
  return {
    stream: roomLog,
    consumer: 'sample',
    loadPosition: () => loadPosition(sample.database, statements, roomLog),
    readLog: async () => ({ entries: [], head: 0 }),
    apply: (entries) =>
      sample.database.transaction(async (transaction) => {
        await advancePosition(transaction, statements, roomLog, entries);
        const ids = entries.map((entry) => (entry.kind?.$case === 'event' ? entry.kind.value.eventId : ''));
        await transaction.query(insertEffects, [entries.map((entry) => entry.position), ids]);
      }),
    park: (entry, error) =>
      sample.database.transaction((transaction) => parkEntry(transaction, statements, roomLog, entry, error)),
    ...overrides,
  };
}

describe('the counter', () => {
  test('gives gapless positions to writers at the same time, in commit order', async () => {
    const taken: number[] = [];
    const write = async (count: number, fails: boolean) => {
      await sample.database.transaction(async (transaction) => {
        const [row] = await transaction.query<{ position: number }>(counter.reserve, ['TEST_LOG', count]);
        if (fails) throw new Error('rolled back');
        for (let offset = count - 1; offset >= 0; offset -= 1) taken.push((row?.position ?? 0) - offset);
      });
    };
    await Promise.allSettled(Array.from({ length: 60 }, (_, index) => write(1 + (index % 3), index % 5 === 0)));
    expect(taken).toEqual(Array.from(taken, (_, index) => index + 1));
    const head = await sample.database.query(counter.head, ['TEST_LOG']);
    expect(head).toEqual([{ position: taken.length }]);
  });
});

describe('the stored position', () => {
  test('begins at 0 and moves over consecutive entries', async () => {
    const { database } = sample;
    expect(await loadPosition(database, statements, roomLog)).toBe(0);
    const move = (first: number, last: number) =>
      database.transaction((transaction) =>
        advancePosition(transaction, statements, roomLog, [roomEvent(first), roomEvent(last)]),
      );
    await move(1, 5);
    await move(6, 9);
    expect(await loadPosition(database, statements, roomLog)).toBe(9);
    await expect(move(6, 9)).rejects.toBeInstanceOf(ConsumerPositionMoved);
    await expect(move(1, 5)).rejects.toBeInstanceOf(ConsumerPositionMoved);
    await expect(move(12, 13)).rejects.toBeInstanceOf(ConsumerPositionMoved);
  });

  test('that is missing is not invented in the middle of a log', async () => {
    const move = sample.database.transaction((transaction) =>
      advancePosition(transaction, statements, roomLog, [roomEvent(6)]),
    );
    await expect(move).rejects.toBeInstanceOf(ConsumerPositionMoved);
  });

  test('moves once when two processes apply the same entries', async () => {
    const { apply } = consumerOptions();
    const outcomes = await Promise.allSettled([apply([roomEvent(1)]), apply([roomEvent(1)])]);
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await sample.database.query(readEffects, [])).toEqual([{ effects: 1, last: 1 }]);
  });
});

test('an entry is parked with its error, and the position is past it', async () => {
  const { park } = consumerOptions();
  await park(roomEvent(1), new Error('no such \0 room'));
  const rows = await sample.database.query<{ entry: Buffer; error: string }>(
    sql('sample_dead_letters', 'SELECT entry, error FROM sample.dead_letter'),
    [],
  );
  expect(rows.map((row) => row.error)).toEqual(['Error: no such  room']);
  expect(roomLog.decode(rows[0]?.entry ?? Buffer.alloc(0))).toEqual([roomEvent(1)]);
  expect(await loadPosition(sample.database, statements, roomLog)).toBe(1);
});

describe('a room that is set aside', () => {
  const other = '!other:example.org';
  const selectParked = sql('sample_parked', 'SELECT position FROM sample.dead_letter ORDER BY position');
  const positionsOf = async (statement = selectParked) =>
    (await sample.database.query<{ position: number }>(statement, [])).map(({ position }) => position);
  const selectEffects = sql('sample_effect_positions', 'SELECT position FROM sample.effect ORDER BY position');

  async function storeEffects(transaction: Transaction, entries: readonly RoomLogEntry[]): Promise<void> {
    await transaction.query(insertEffects, [entries.map(({ position }) => position), entries.map(() => '$event')]);
  }

  const applyFree = (entries: readonly RoomLogEntry[]) =>
    sample.database.transaction(async (transaction) => {
      await advancePosition(transaction, statements, roomLog, entries);
      const aside = await loadSetAside(transaction, statements, roomLog, entries);
      await storeEffects(transaction, await withoutSetAside(transaction, statements, roomLog, entries, aside));
    });

  beforeEach(() => consumerOptions().park(roomEvent(1), new Error('poison')));

  test('waits whole, while other rooms go on', async () => {
    await applyFree([roomEvent(2), roomEvent(3, other), roomEvent(4)]);
    expect(await positionsOf()).toEqual([1, 2, 4]);
    expect(await positionsOf(selectEffects)).toEqual([3]);
    const aside = await loadSetAside(sample.database, statements, roomLog, [roomEvent(3, other), roomEvent(4)]);
    expect(aside).toEqual({ positions: new Set([4]), lines: new Set(['!room:example.org']) });
  });

  test('is applied in order when it is released, with what came meanwhile', async () => {
    await applyFree([roomEvent(2)]);
    expect(await retryDeadLetters(sample.database, statements, roomLog, storeEffects)).toBe(0);
    const letters = await openDeadLetters(sample.database);
    expect(await letters.list()).toEqual([
      {
        service: 'sample',
        log: 'ROOM_LOG',
        line: '!room:example.org',
        entries: 2,
        since: expect.any(Date),
        error: 'Error: poison',
      },
    ]);
    expect([await letters.release('!unknown'), await letters.release('!room:example.org')]).toEqual([0, 2]);
    expect(await retryDeadLetters(sample.database, statements, roomLog, storeEffects)).toBe(2);
    await applyFree([roomEvent(3)]);
    expect([await positionsOf(), await positionsOf(selectEffects)]).toEqual([[], [1, 2, 3]]);
  });

  test('stays aside when it fails again, and is not tried for ever', async () => {
    await applyFree([roomEvent(2)]);
    await (await openDeadLetters(sample.database)).release(undefined);
    const failing = () => Promise.reject(new Error('poison still'));
    await expect(retryDeadLetters(sample.database, statements, roomLog, failing)).rejects.toThrow('poison still');
    expect(await retryDeadLetters(sample.database, statements, roomLog, failing)).toBe(0);
    expect([await positionsOf(), await positionsOf(selectEffects)]).toEqual([[1, 2], []]);
  });
});

test('two replicas that catch up on 50,000 room events do all of it once, at 20,000 a second and more', async () => {
  const streams = await testStreams();
  const head = 50_000;
  const pages = new Map<string, Uint8Array>();
  // As a call over the wire: every page is decoded; encoding it is the owner's part and done before.
  const readLog: LogConsumerOptions<RoomLogEntry>['readLog'] = async ({ from, to, limit }) => {
    const last = Math.min(to ?? head, from + limit - 1);
    const known = pages.get(`${from}-${last}`);
    const page =
      known ?? roomLog.encode(Array.from({ length: last - from + 1 }, (_, index) => roomEvent(from + index)));
    pages.set(`${from}-${last}`, page);
    return { entries: roomLog.decode(page), head };
  };
  for (let from = 1; from <= head; from += 1_000) await readLog({ from, to: undefined, limit: 1_000 });

  const observability = testObservability();
  const start = performance.now();
  const one = await startLogConsumer(streams.connection, consumerOptions({ readLog }), observability);
  expect(await one.waitFor(head, 30_000)).toBe(true);
  const perSecond = head / ((performance.now() - start) / 1_000);
  console.log(`catch-up with effects and position in PostgreSQL: ${Math.round(perSecond)} entries/s`);
  expect(perSecond).toBeGreaterThan(20_000);
  expect(await sample.database.query(readEffects, [])).toEqual([{ effects: head, last: head }]);
  await one.stop();

  await sample.database.query(truncate, []);
  const replicas = await Promise.all(
    [1, 2].map(() => startLogConsumer(streams.connection, consumerOptions({ readLog }), testObservability())),
  );
  await eventually('both know it all', () => replicas.every((replica) => replica.position() === head), 30_000);
  expect(await sample.database.query(readEffects, [])).toEqual([{ effects: head, last: head }]);
  await Promise.all(replicas.map((replica) => replica.stop()));
  await streams.close();
});
