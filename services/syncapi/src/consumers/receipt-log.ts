import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import type { Database } from '@plexus/postgres';
import { type LogConsumerOptions, receiptLog } from '@plexus/streams';
import type { LiveIndex, Woken } from '../domain/live-index.ts';
import { readReceiptPage } from '../producers/receipt-log.ts';

export interface ReceiptLogEffects {
  readonly database: Database;
  readonly live: LiveIndex;
  wake(woken: Woken): void;
}

/** Receipts that this or another replica has stored: only memory is left to tell. */
export function receiptLogConsumer({ database, live, wake }: ReceiptLogEffects): LogConsumerOptions<ReceiptLogEntry> {
  const apply = (entries: readonly ReceiptLogEntry[]) => wake(live.applyReceiptEntries(entries));
  return {
    stream: receiptLog,
    consumer: 'syncapi',
    loadPosition: () => Promise.resolve(live.position.receipt),
    readLog: (range) => readReceiptPage(database, range),
    apply: async (entries) => apply(entries),
    // Nothing is written, so nothing can be parked; memory goes past it.
    park: async (entry) => void live.skipReceipts(entry.position),
  };
}
