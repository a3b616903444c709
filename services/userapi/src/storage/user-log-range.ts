import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { ServerName } from '@plexus/matrix';
import type { Database } from '@plexus/postgres';
import { logEntry } from '../domain/log-entry.ts';
import { readLogHead } from './log-head.ts';
import { readUserLog } from './user-log.ts';

const MAX_ENTRIES = 1000;

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
