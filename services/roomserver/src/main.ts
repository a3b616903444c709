import { randomUUID } from 'node:crypto';
import { readSigningKeys } from '@plexus/config';
import { MembershipServiceDefinition } from '@plexus/contracts/membership';
import { RoomserverServiceDefinition } from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { rulesOf } from '@plexus/matrix';
import { showSigningKey } from '@plexus/observability';
import { bindService } from '@plexus/rpc';
import type { ServiceModule } from '@plexus/service';
import { membershipService } from './api/membership-service.ts';
import { roomserverService } from './api/roomserver-service.ts';
import { BackgroundWork } from './background-work.ts';
import { federation } from './clients/federationapi.ts';
import { startColdBodies } from './cold-bodies/cold-bodies.ts';
import { createContext } from './context.ts';
import { publishRoomLog } from './producers/room-log.ts';
import { exposeRoomCounts } from './room-counts.ts';
import { RoomRemovals } from './room-removal/room-removals.ts';
import { StateCollector } from './state-store/collection/collect-states.ts';
import { describeMigration, runStateMigration } from './state-store/first-format/state-migration.ts';
import { expireTransactions } from './storage/expire-transactions.ts';
import { openDatabases } from './storage/indexed-database.ts';
import { roomsExist } from './storage/rooms-exist.ts';

const EXPIRY_INTERVAL_MS = 60 * 60 * 1000;
const INDEX_INTERVAL_MS = 10_000;
const COLLECTION_IDLE_MS = 10 * 60 * 1000;
/** A fifth of one connection and of one core at most. */
const COLLECTION_PAUSE_PER_STEP = 4;
const DAY_MS = 24 * 60 * 60 * 1000;
const STOP_TIMEOUT_MS = 5_000;
/** Entries that wait longer than this for JetStream are worth a word; consumers read them from the log meanwhile. */
const MAX_OUTBOX_AGE_MS = 60_000;

/** Of rooms, state nodes, names and bodies together; a test holds it and the caches equal. */
const CACHE_BYTES = 200 * 1024 * 1024;

/** Events, room state, aliases, the directory, and the room log. */
export const service: ServiceModule = {
  name: 'roomserver',
  migrations: new URL('./storage/migrations/', import.meta.url),
  carriesServerName: roomsExist,
  cacheBytes: CACHE_BYTES,
  signs: true,
  conversion: describeMigration,
  start: async ({ config, database, observability, clock, random, streams, heads, clients }) => {
    const publishing: { publish: (entries: readonly RoomLogEntry[]) => void } = { publish: () => undefined };
    const databases = openDatabases(config.postgres.url, observability, () => heads?.doubt());
    const [signingKey] = readSigningKeys(config.signingKeyFile);
    showSigningKey(observability, signingKey);
    const context = createContext({
      databases,
      observability,
      clock,
      random,
      serverName: config.serverName,
      signingKey,
      federation: federation(clients.federationapi, observability.log),
      defaultRules: rulesOf(config.rooms.defaultVersion),
      publish: (entries) => publishing.publish(entries),
    });
    exposeRoomCounts(database, clock, observability);
    const publisher = publishRoomLog(streams, { ...context, heads }, observability);
    publishing.publish = (entries) => publisher.publish(entries);
    const repeated = (name: string, intervalMs: number, work: () => Promise<unknown>) =>
      new BackgroundWork({
        name,
        clock,
        log: observability.log,
        step: () => work().then(() => false),
        idleMs: intervalMs,
        startAfterMs: intervalMs,
        pausePerStep: 0,
      });
    const expiry = repeated('expiry of transaction ids', EXPIRY_INTERVAL_MS, () => expireTransactions(database, clock));
    const chainIndex = repeated('index of auth chains', INDEX_INTERVAL_MS, () => context.authChains.catchUp());
    const replica = randomUUID();
    const stateMigration = runStateMigration({
      database: databases.queries,
      stateStore: context.stateStore,
      clock,
      metrics: context.metrics,
      log: observability.log,
      process: replica,
    });
    const removals = new RoomRemovals({
      context,
      deleteRoomData: (request) => clients.userapi.deleteRoomData(request),
      clock,
      log: observability.log,
      process: replica,
    });
    const collector = new StateCollector({
      database: databases.queries,
      random,
      metrics: context.metrics,
      log: observability.log,
      process: replica,
      intervalMs: DAY_MS,
    });
    const stateCollection = new BackgroundWork({
      name: 'collection of room states',
      clock,
      log: observability.log,
      step: () => collector.step(),
      idleMs: COLLECTION_IDLE_MS,
      pausePerStep: COLLECTION_PAUSE_PER_STEP,
    });
    const coldBodies = startColdBodies({
      database: databases.queries,
      clock,
      metrics: context.metrics,
      log: observability.log,
      process: replica,
      afterMs: config.rooms.compressAfterDays === 0 ? undefined : config.rooms.compressAfterDays * DAY_MS,
    });
    return {
      rpc: [
        bindService(
          RoomserverServiceDefinition,
          roomserverService(context, () => removals.wake()),
        ),
        bindService(MembershipServiceDefinition, membershipService(context)),
      ],
      handlers: {},
      readiness: async () =>
        streams.isConnected() && publisher.outboxAgeMs() > MAX_OUTBOX_AGE_MS ? ['the room log is not published'] : [],
      drain: async () => undefined,
      stop: async () => {
        const background = [expiry, chainIndex, coldBodies, stateMigration, stateCollection, removals];
        await Promise.all(background.map((work) => work.stop()));
        await context.committer.drained();
        await publisher.stop(STOP_TIMEOUT_MS);
        await Promise.all([databases.queries.close(), databases.writes.close()]);
      },
    };
  },
};
