import { randomUUID } from 'node:crypto';
import { RoomserverServiceDefinition } from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { outsideOfTrace } from '@plexus/observability';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { roomserverService } from './api/roomserver-service.ts';
import { ColdBodies } from './cold-bodies/cold-bodies.ts';
import { createContext, loadSigningKey } from './context.ts';
import { publishRoomLog } from './producers/room-log.ts';
import { expireTransactions } from './storage/expire-transactions.ts';
import { openDatabases } from './storage/indexed-database.ts';

const EXPIRY_INTERVAL_MS = 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
const STOP_TIMEOUT_MS = 5_000;
/** Entries that wait longer than this for JetStream are worth a word; consumers read them from the log meanwhile. */
const MAX_OUTBOX_AGE_MS = 60_000;

/** Events, room state, aliases, the directory, and the room log. */
export const service: ServiceModule = {
  name: 'roomserver',
  migrations: new URL('./storage/migrations/', import.meta.url),
  start: async ({ config, database, observability, clock, random, streams }) => {
    const publishing: { publish: (entries: readonly RoomLogEntry[]) => void } = { publish: () => undefined };
    const databases = openDatabases(config.postgres.url, observability);
    const context = createContext({
      databases,
      observability,
      clock,
      random,
      serverName: config.serverName,
      signingKey: await loadSigningKey(config.signingKeyFile),
      publish: (entries) => publishing.publish(entries),
    });
    const publisher = publishRoomLog(streams, context, observability);
    publishing.publish = (entries) => publisher.publish(entries);
    const expiry = outsideOfTrace(() =>
      setInterval(() => {
        expireTransactions(database, clock).catch((error: unknown) =>
          observability.log.warn({ err: error }, 'transaction ids were not expired'),
        );
      }, EXPIRY_INTERVAL_MS),
    );
    expiry.unref();
    const coldBodies = new ColdBodies({
      database: databases.queries,
      clock,
      metrics: context.metrics,
      log: observability.log,
      process: randomUUID(),
      afterMs: config.rooms.compressAfterDays === 0 ? undefined : config.rooms.compressAfterDays * DAY_MS,
    });
    return {
      rpc: [bindService(RoomserverServiceDefinition, roomserverService(context))],
      handlers: {},
      readiness: async () =>
        streams.isConnected() && publisher.outboxAgeMs() > MAX_OUTBOX_AGE_MS ? ['the room log is not published'] : [],
      drain: async () => undefined,
      stop: async () => {
        clearInterval(expiry);
        await coldBodies.stop();
        await context.committer.drained();
        await publisher.stop(STOP_TIMEOUT_MS);
        await Promise.all([databases.queries.close(), databases.writes.close()]);
      },
    };
  },
};
