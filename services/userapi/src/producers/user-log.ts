import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { ServerName } from '@plexus/matrix';
import type { Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import {
  type CommittedHeads,
  type LogPublisher,
  type StreamConnection,
  startLogPublisher,
  userLog,
} from '@plexus/streams';
import { readLogRange } from '../storage/user-log-range.ts';

/** Publishes the user log: what happened to accounts, devices and their data. */
export function publishUserLog(
  database: Database,
  serverName: ServerName,
  streams: StreamConnection,
  heads: CommittedHeads | undefined,
  observability: Observability,
): LogPublisher<UserLogEntry> {
  return startLogPublisher(
    streams,
    { stream: userLog, readLog: (range) => readLogRange(database, serverName, range), heads },
    observability,
  );
}
