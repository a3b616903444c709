import type { ReadLogRequest, ReadLogResponse } from '@plexus/contracts/roomserver';
import type { RoomserverContext } from '../../context.ts';
import { MAX_LOG_ENTRIES, readLog as read } from '../../storage/read-log.ts';

/** The only partition there is so far. */
const PARTITION = 0;

/** Entries of the room log from the tables, for consumers that have missed some. */
export async function readLog(
  { database, stateStore }: RoomserverContext,
  { from, to, limit, partition }: ReadLogRequest,
): Promise<ReadLogResponse> {
  if (partition !== PARTITION) return { entries: [], head: 0 };
  return read(database, stateStore, {
    from,
    to: to === 0 ? undefined : to,
    limit: limit === 0 ? MAX_LOG_ENTRIES : limit,
  });
}
