import { systemClock } from '@plexus/observability';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alice, makeRoom, message, openRoomserver, sent, type TestRoomserver } from '../testing/open-roomserver.ts';
import { expireTransactions } from './expire-transactions.ts';

let roomserver: TestRoomserver;
beforeAll(async () => {
  roomserver = await openRoomserver();
});
afterAll(() => roomserver.close());

const HOUR_MS = 60 * 60 * 1000;

function hoursFromNow(hours: number) {
  return { ...systemClock, now: () => systemClock.now() + hours * HOUR_MS };
}

describe('transaction ids', () => {
  it('are known for a day, whichever process is asked, and forgotten after', async () => {
    const roomId = await makeRoom(roomserver);
    const item = message(roomId, alice, 'x', { deviceId: 'D', transactionId: 'T' });
    const first = await sent(roomserver, item);
    await expireTransactions(roomserver.database, hoursFromNow(24));
    expect(await sent(roomserver.openReplica(), item)).toBe(first);
    await expireTransactions(roomserver.database, hoursFromNow(26));
    expect(await sent(roomserver.openReplica(), item)).not.toBe(first);
  });
});
