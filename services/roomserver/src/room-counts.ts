import { type Clock, gauge, type Observability, refreshed, roomserverMetrics } from '@plexus/observability';
import { type Database, sql } from '@plexus/postgres';

const countStatement = sql('roomserver_count_rooms', 'SELECT count(*) AS rooms FROM roomserver.rooms');

/** The count looks at a whole table: it is asked no more often, whoever scrapes. */
const freshMs = 300_000;

/** Shows how many rooms there are. Every replica shows the same: take the maximum, not the sum. */
export function exposeRoomCounts(database: Database, clock: Clock, observability: Observability): void {
  const rooms = refreshed(async () => (await database.query<{ rooms: number }>(countStatement, []))[0]?.rooms, {
    freshMs,
    clock,
    onError: (error) => observability.log.warn({ error }, 'rooms cannot be counted'),
  });
  gauge(observability, roomserverMetrics.rooms, async (metric) => {
    const count = await rooms();
    if (count === undefined) metric.remove();
    else metric.set(count);
  });
}
