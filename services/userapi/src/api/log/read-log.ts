import type { ReadLogRequest, ReadLogResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { readLogRange } from '../../storage/user-log-range.ts';

/** Entries of the user log in order, and its last committed position. */
export function readLog(
  { database, serverName }: UserapiContext,
  { from, to, limit }: ReadLogRequest,
): Promise<ReadLogResponse> {
  return readLogRange(database, serverName, { from, to: to === 0 ? undefined : to, limit });
}
