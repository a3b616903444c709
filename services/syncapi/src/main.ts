import { type SyncapiService, SyncapiServiceDefinition } from '@plexus/contracts/syncapi';
import type { Handlers } from '@plexus/http';
import { bindService } from '@plexus/rpc';
import type { RunningService, ServiceModule } from '@plexus/service';
import { startLogConsumer } from '@plexus/streams';
import { defineFilter } from './api/filters/define-filter.ts';
import { getFilter } from './api/filters/get-filter.ts';
import { getEventContext } from './api/rooms/get-event-context.ts';
import { getJoinedMembersByRoom } from './api/rooms/get-joined-members-by-room.ts';
import { getLocalAliases } from './api/rooms/get-local-aliases.ts';
import { getMembersByRoom } from './api/rooms/get-members-by-room.ts';
import { getOneRoomEvent } from './api/rooms/get-one-room-event.ts';
import { getRoomEvents } from './api/rooms/get-room-events.ts';
import { getRoomState } from './api/rooms/get-room-state.ts';
import { getRoomStateWithKey } from './api/rooms/get-room-state-with-key.ts';
import { readLog } from './api/rpc/read-log.ts';
import { resolveToken } from './api/rpc/resolve-token.ts';
import { setReceipts } from './api/rpc/set-receipts.ts';
import { sync } from './api/sync/sync.ts';
import { receiptLogConsumer } from './consumers/receipt-log.ts';
import { roomLogConsumer } from './consumers/room-log.ts';
import { followTyping } from './consumers/typing.ts';
import { userLogConsumer } from './consumers/user-log.ts';
import {
  type Consumers,
  cacheBytes,
  createContext,
  type Surroundings,
  type SyncapiContext,
  untilStored,
} from './context.ts';
import { rebuildIndexes } from './rebuild/rebuild-indexes.ts';
import { raiseGeneration } from './storage/positions.ts';

/** Users who have not synced for so long are forgotten; they come back at the price of one look into the index. */
const idleMs = 30 * 60 * 1000;
const sweepMs = 60 * 1000;
/** A consumer that knows of entries and has not come closer for so long hangs. */
const maxBehindMs = 10_000;
const stopTimeoutMs = 5_000;

/** syncapi: /sync, history, filters and receipts. */
export const service: ServiceModule = {
  name: 'syncapi',
  migrations: new URL('./storage/migrations/', import.meta.url),
  cacheBytes,
  afterRestore: [raiseGeneration],
  start: (runtime) => startSyncapi({ ...runtime, serverName: runtime.config.serverName }),
};

/** One replica of the service. */
export async function startSyncapi(surroundings: Surroundings): Promise<RunningService> {
  const context = await createContext(surroundings);
  const consumers = await startConsumers(context, surroundings);
  context.startedWith(consumers);
  const stopTyping = followTyping({
    streams: surroundings.streams,
    owner: surroundings.clients.typing,
    memory: context.memory,
    clock: surroundings.clock,
    log: surroundings.observability.log,
    wake: (woken) => context.polls.wake(woken),
  });
  const stopRebuilding = rebuildIndexes({
    database: surroundings.database,
    roomserver: surroundings.clients.roomserver,
    serverName: surroundings.serverName,
    log: surroundings.observability.log,
  });
  const sweep = setInterval(() => context.memory.forgetIdle(surroundings.clock.monotonic() - idleMs), sweepMs);
  return {
    rpc: [bindService(SyncapiServiceDefinition, rpcOf(context, surroundings))],
    handlers: handlersOf(context),
    readiness: async () => readinessOf(consumers),
    drain: async () => context.polls.drain(),
    stop: async () => {
      clearInterval(sweep);
      stopTyping();
      await stopRebuilding();
      context.polls.drain();
      await Promise.all(Object.values(consumers).map((consumer) => consumer.stop()));
      await context.receipts.idle();
      await context.receiptPublisher.stop(stopTimeoutMs);
    },
  };
}

async function startConsumers(context: SyncapiContext, surroundings: Surroundings): Promise<Consumers> {
  const { streams, observability, clients } = surroundings;
  const wake = (woken: Parameters<typeof context.polls.wake>[0]) => context.polls.wake(woken);
  const delivered = (madeAt: number) => context.metrics.delivered((context.clock.now() - madeAt) / 1_000);
  const departed = (typist: { readonly roomId: string; readonly userId: string }) => {
    // Typing may be forgotten, and ends by itself: the answer is not waited for.
    clients.typing.setTyping({ ...typist, timeoutMs: 0 }).catch((error: unknown) => {
      observability.log.warn({ error }, 'a user who left a room could not be taken from those who type there');
    });
  };
  const effects = { ...context, roomserver: clients.roomserver, wake, departed, delivered };
  const [room, user, receipt] = await Promise.all([
    untilStored(surroundings, () => startLogConsumer(streams, roomLogConsumer(effects), observability)),
    untilStored(surroundings, () => startLogConsumer(streams, userLogConsumer(effects), observability)),
    untilStored(surroundings, () => startLogConsumer(streams, receiptLogConsumer(effects), observability)),
  ]);
  return { room, user, receipt };
}

function handlersOf(context: SyncapiContext): Handlers {
  return {
    'client.sync': sync(context),
    'client.getRoomEvents': getRoomEvents(context),
    'client.getEventContext': getEventContext(context),
    'client.getOneRoomEvent': getOneRoomEvent(context),
    'client.getRoomState': getRoomState(context),
    'client.getRoomStateWithKey': getRoomStateWithKey(context),
    'client.getMembersByRoom': getMembersByRoom(context),
    'client.getJoinedMembersByRoom': getJoinedMembersByRoom(context),
    'client.getLocalAliases': getLocalAliases(context),
    'client.defineFilter': defineFilter(context.filters),
    'client.getFilter': getFilter(context.filters),
  };
}

function rpcOf(context: SyncapiContext, { clients, database }: Surroundings): SyncapiService {
  const receiptContext = { ...context, roomserver: clients.roomserver };
  return {
    resolveToken: async (request) => resolveToken(context.generation, request),
    setReceipts: (request) => setReceipts(receiptContext, request),
    readLog: (request) => readLog(database, request),
  };
}

function readinessOf(consumers: Consumers): string[] {
  return Object.entries(consumers)
    .filter(([, consumer]) => consumer.behindMs() > maxBehindMs)
    .map(([log, consumer]) => `the ${log} log is ${consumer.lag()} entries behind`);
}
