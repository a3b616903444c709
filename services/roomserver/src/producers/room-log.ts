import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import type { Observability } from '@plexus/observability';
import type { ServiceRuntime } from '@plexus/service';
import { type LogPublisher, roomLog, type StreamConnection, startLogPublisher } from '@plexus/streams';
import type { RoomserverContext } from '../context.ts';
import { readLog } from '../storage/read-log.ts';

/** Publishes the room log: what the committer hands over, and from the tables what got lost on the way. */
export function publishRoomLog(
  streams: StreamConnection,
  { database, stateStore, heads }: Pick<RoomserverContext, 'database' | 'stateStore'> & Pick<ServiceRuntime, 'heads'>,
  observability: Observability,
): LogPublisher<RoomLogEntry> {
  return startLogPublisher(
    streams,
    { stream: roomLog, readLog: (range) => readLog(database, stateStore, range), heads },
    observability,
  );
}
