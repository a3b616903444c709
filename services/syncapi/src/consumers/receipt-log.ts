import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import type { Database } from '@plexus/postgres';
import { type LogConsumerOptions, receiptLog } from '@plexus/streams';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import { readReceiptPage } from '../producers/receipt-log.ts';
import { applyReceipts } from '../streams/receipts.ts';

export interface ReceiptLogEffects {
  readonly database: Database;
  readonly memory: MemoryIndex;
  wake(woken: Woken): void;
}

/** Receipts that this or another replica has stored: only memory is left to tell. */
export function receiptLogConsumer({ database, memory, wake }: ReceiptLogEffects): LogConsumerOptions<ReceiptLogEntry> {
  const apply = (entries: readonly ReceiptLogEntry[]) => wake(applyReceipts(memory, entries));
  return {
    stream: receiptLog,
    consumer: 'syncapi',
    loadPosition: () => Promise.resolve(memory.position.receipt),
    readLog: (range) => readReceiptPage(database, range),
    apply: async (entries) => apply(entries),
    // Nothing is written, so nothing can be parked; memory goes past it.
    park: async (entry) => void memory.advanceTo('receipt', entry.position),
  };
}
