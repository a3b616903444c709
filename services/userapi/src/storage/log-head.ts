import type { Queryable } from '@plexus/postgres';
import { logCounter, userLog } from '@plexus/streams';

const { head } = logCounter('userapi');

/** The last committed position of the user log; 0 before the first. */
export async function readLogHead(database: Queryable): Promise<number> {
  const [row] = await database.query<{ position: number }>(head, [userLog.name]);
  return row?.position ?? 0;
}
