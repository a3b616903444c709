import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import { currentTraceparent } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { LogPublisher, ReadLog } from '@plexus/streams';
import { type NewReceipt, readReceiptHead, readReceiptLog, storeReceipts } from '../storage/receipts.ts';

/** How many receipts one transaction takes. */
const maxBatch = 500;

interface Waiting {
  readonly receipts: readonly NewReceipt[];
  readonly traceparent: string;
  resolve(): void;
  reject(error: unknown): void;
}

/** A page of the receipt log, for consumers that missed something. */
export const readReceiptPage: (
  database: Database,
  range: Parameters<ReadLog<ReceiptLogEntry>>[0],
) => ReturnType<ReadLog<ReceiptLogEntry>> = async (database, { from, to, limit }) => {
  // The head first: every entry up to it is committed.
  const head = await readReceiptHead(database);
  if (from > head) return { entries: [], head };
  const entries = await readReceiptLog(database, { from, to: Math.min(to ?? head, head), limit });
  return { entries, head };
};

/** Stores receipts in groups: while one transaction runs, what comes waits for the next. Published after the commit. */
export class ReceiptWriter {
  readonly #database: Database;
  readonly #publisher: Pick<LogPublisher<ReceiptLogEntry>, 'publish'>;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(database: Database, publisher: Pick<LogPublisher<ReceiptLogEntry>, 'publish'>, now: () => number) {
    this.#database = database;
    this.#publisher = publisher;
    this.#now = now;
  }

  /** Resolves when the receipts are committed. */
  store(receipts: readonly NewReceipt[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ receipts, traceparent: currentTraceparent(), resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // The callers of this turn of the event loop come along in the first group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        await this.#write(group);
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    let end = 0;
    for (const { receipts } of this.#waiting) {
      count += receipts.length;
      if (count > maxBatch && end > 0) break;
      end += 1;
    }
    return this.#waiting.splice(0, end);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const newest = new Map<string, NewReceipt>();
    for (const receipt of group.flatMap(({ receipts }) => receipts)) {
      const key = `${receipt.roomId} ${receipt.userId} ${receipt.receiptType} ${receipt.threadId ?? ''}`;
      const known = newest.get(key);
      if (known === undefined || known.eventPosition < receipt.eventPosition) newest.set(key, receipt);
    }
    const traceparent = group.find((waiting) => waiting.traceparent !== '')?.traceparent ?? '';
    // In one order for all writers: the rows' locks cannot cross.
    const receipts = [...newest].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, receipt]) => receipt);
    const entries = await this.#database.transaction((transaction) =>
      storeReceipts(transaction, receipts, this.#now(), traceparent),
    );
    if (entries.length > 0) this.#publisher.publish(entries);
  }
}
