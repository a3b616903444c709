import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { ReadLogRequest, ReadLogResponse } from '@plexus/contracts/userapi';
import type { ServerName } from '@plexus/matrix';
import type { Database } from '@plexus/postgres';
import type { UserapiContext } from '../../context.ts';
import { logEntry } from '../../domain/log-entry.ts';
import { readLogHead } from '../../storage/log-head.ts';
import { readUserLog } from '../../storage/user-log.ts';

const MAX_ENTRIES = 1000;

/** Entries of the user log in order, and its last committed position. */
export function readLog(
  { database, serverName }: UserapiContext,
  { from, to, limit }: ReadLogRequest,
): Promise<ReadLogResponse> {
  return readLogRange(database, serverName, { from, to: to === 0 ? undefined : to, limit });
}

/** The head is read first: entries up to it are committed, so a page that ends before it is never mistaken for the end. */
export async function readLogRange(
  database: Database,
  serverName: ServerName,
  { from, to, limit }: { from: number; to: number | undefined; limit: number },
): Promise<{ entries: UserLogEntry[]; head: number }> {
  const head = await readLogHead(database);
  if (from > head) return { head, entries: [] };
  const rows = await readUserLog(database, from, Math.min(to ?? head, head, from + pageSize(limit) - 1));
  return { head, entries: rows.map((row) => logEntry(row, serverName)) };
}

function pageSize(limit: number): number {
  return limit <= 0 ? MAX_ENTRIES : Math.min(limit, MAX_ENTRIES);
}
