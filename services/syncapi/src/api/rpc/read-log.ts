import type { ReadLogRequest, ReadLogResponse } from '@plexus/contracts/syncapi';
import type { Database } from '@plexus/postgres';
import { readReceiptPage } from '../../producers/receipt-log.ts';

const maxPage = 1000;

/** The receipt log from its table, for consumers that missed messages of its stream. */
export function readLog(database: Database, { from, to, limit }: ReadLogRequest): Promise<ReadLogResponse> {
  const page = limit > 0 ? Math.min(limit, maxPage) : maxPage;
  return readReceiptPage(database, { from, to: to > 0 ? to : undefined, limit: page });
}
