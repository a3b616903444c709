import { sql } from '@plexus/postgres';
import { type TestDatabase, testDatabase } from '@plexus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readReceiptHead, readReceiptLog, storeReceipts } from './receipts.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase(['syncapi']);
});
afterAll(() => database.drop());

const receipt = (userId: string, event: number) => ({
  roomId: '!r:example.org',
  userId,
  receiptType: 'm.read',
  threadId: undefined,
  eventId: `$${event}`,
  eventPosition: event,
});

const store = (...receipts: ReturnType<typeof receipt>[]) =>
  database.database.transaction((transaction) => storeReceipts(transaction, receipts, 1_000, ''));

it('the receipt log grows with the receipts in force, and consumers that come late find every position', async () => {
  for (let event = 1; event <= 30; event++) await store(receipt('@a:example.org', event), receipt('@b:example.org', 1));
  const rows = await database.database.query<{ user_id: string; event_id: string }>(
    sql('test_receipt_log', 'SELECT user_id, event_id FROM syncapi.receipt_log ORDER BY user_id'),
    [],
  );
  expect(rows).toEqual([
    { user_id: '@a:example.org', event_id: '$30' },
    { user_id: '@b:example.org', event_id: '$1' },
  ]);
  const head = await readReceiptHead(database.database);
  expect(head).toBe(31);
  const entries = await readReceiptLog(database.database, { from: 1, to: head, limit: 100 });
  expect(entries.map(({ position }) => position)).toEqual(Array.from({ length: 31 }, (_, index) => index + 1));
  expect(entries.filter(({ roomId }) => roomId !== '').map(({ eventId }) => eventId)).toEqual(['$1', '$30']);
  expect(await readReceiptLog(database.database, { from: 1, to: head, limit: 10 })).toHaveLength(10);
});
