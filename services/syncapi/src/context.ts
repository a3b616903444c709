import { exposeCache, scaledBytes } from '@plexus/cache';
import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import type { Clock, Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { untilAnswered } from '@plexus/service';
import {
  beyondTheEnd,
  type CommittedHeads,
  type LogConsumer,
  type LogPublisher,
  loadPosition,
  receiptLog,
  roomLog,
  type StreamConnection,
  startLogPublisher,
  userLog,
} from '@plexus/streams';
import { FilterStore } from './api/filters/filter-store.ts';
import { LongPolls } from './api/sync/long-polls.ts';
import type { SyncContext } from './api/sync/sync.ts';
import type { OtherServices } from './clients/other-services.ts';
import { EventStore } from './clients/roomserver.ts';
import { TimerWheel } from './domain/timer-wheel.ts';
import { DeviceSessions } from './memory/device-sessions.ts';
import { MemoryIndex } from './memory/memory-index.ts';
import { SyncingUsers } from './memory/syncing-users.ts';
import { ReceiptWriter, readReceiptPage } from './producers/receipt-log.ts';
import { IgnoredUsers } from './read/ignored-users.ts';
import { ReadBarrier } from './read/read-barrier.ts';
import { positionStatements, readGeneration } from './storage/positions.ts';
import { readReceiptHead } from './storage/receipts.ts';
import { RoomNumbers } from './storage/room-numbers.ts';
import type { SyncSources } from './streams/sources.ts';
import { type SyncMetrics, syncMetrics } from './telemetry.ts';

const mebibyte = 1024 * 1024;
/** Bounds of what is kept in memory; 48 MiB of window hold the last 30,000 messages or so. */
const bounds = {
  windowBytes: 48 * mebibyte,
  receiptBytes: 8 * mebibyte,
  eventCacheBytes: 32 * mebibyte,
  devices: 10_000,
};
/** All that is bounded in bytes, the cache of filters among it. */
export const cacheBytes = bounds.windowBytes + bounds.receiptBytes + bounds.eventCacheBytes + 8 * mebibyte;
const wheelTickMs = 50;

/** The consumers, once they run. */
export interface Consumers {
  readonly room: LogConsumer;
  readonly user: LogConsumer;
  readonly receipt: LogConsumer;
}

/** What the process gives this service, as far as it needs it. */
export interface Surroundings {
  readonly serverName: string;
  readonly database: Database;
  readonly streams: StreamConnection;
  readonly heads: CommittedHeads | undefined;
  readonly clock: Clock;
  readonly observability: Observability;
  readonly clients: OtherServices;
  /** Aborted when the process is told to end while the service starts. */
  readonly signal?: AbortSignal | undefined;
}

/** What the service begins with: it waits for a database that is away. */
export function untilStored<T>({ observability, signal }: Surroundings, work: () => Promise<T>): Promise<T> {
  const message = 'the positions in the logs cannot be read yet';
  return untilAnswered(work, { log: observability.log, message, signal });
}

/** The service's object graph. */
export interface SyncapiContext extends SyncContext, Omit<SyncSources, 'barrier'> {
  readonly serverName: string;
  readonly roomserver: OtherServices['roomserver'];
  readonly ignored: IgnoredUsers;
  readonly receipts: ReceiptWriter;
  readonly receiptPublisher: LogPublisher<ReceiptLogEntry>;
  readonly metrics: SyncMetrics;
  startedWith(consumers: Consumers): void;
}

export async function createContext(surroundings: Surroundings): Promise<SyncapiContext> {
  const { database, clients, clock, observability, streams, heads, serverName } = surroundings;
  const [room, user, receipt, generation] = await untilStored(surroundings, () =>
    Promise.all([
      loadPosition(database, positionStatements, roomLog),
      loadPosition(database, positionStatements, userLog),
      readReceiptHead(database),
      readGeneration(database),
    ]),
  );
  let consumers: Consumers | undefined;
  const limits = {
    window: scaledBytes(observability, bounds.windowBytes),
    receipts: scaledBytes(observability, bounds.receiptBytes),
    events: scaledBytes(observability, bounds.eventCacheBytes),
  };
  const memory = new MemoryIndex({
    maxEventBytes: limits.window,
    maxReceiptBytes: limits.receipts,
    positions: { room, user, receipt },
  });
  const events = new EventStore(clients.roomserver, memory, limits.events);
  const unasked = { hits: 0, misses: 0, evictions: 0 };
  for (const [name, part, maxBytes] of [
    ['syncapi_window', memory.events, limits.window],
    ['syncapi_receipts', memory.receipts, limits.receipts],
    ['syncapi_events', events, limits.events],
  ] as const)
    exposeCache({ ...unasked, name, maxBytes, bytes: () => part.bytes, size: () => part.size }, observability);
  const numbers = new RoomNumbers();
  const barrier = readBarrier(surroundings, memory, () => running(consumers));
  const sources: SyncSources = { database, memory, events, numbers, barrier, userapi: clients.userapi };
  const wheel = new TimerWheel(wheelTickMs, () => clock.monotonic(), startTimer);
  const polls: LongPolls = new LongPolls(wheel, () => metrics.wakeUp());
  const metrics = syncMetrics(observability, {
    waiters: () => polls.size,
    eventBytes: () => memory.bytes,
    cacheBytes: () => events.bytes,
    liveUsers: () => memory.users.size,
  });
  const receiptPublisher = startLogPublisher(
    streams,
    { stream: receiptLog, readLog: (range) => readReceiptPage(database, range), heads },
    observability,
  );
  return {
    ...sources,
    barrier,
    sources,
    serverName,
    clock,
    polls,
    metrics,
    generation,
    receiptPublisher,
    roomserver: clients.roomserver,
    ignored: new IgnoredUsers(clients.userapi),
    filters: new FilterStore(database, observability),
    sessions: new DeviceSessions(bounds.devices),
    users: new SyncingUsers(database, memory, clock, () => running(consumers).room),
    receipts: new ReceiptWriter(database, receiptPublisher, () => clock.now()),
    startedWith: (started) => {
      consumers = started;
    },
  };
}

function running(consumers: Consumers | undefined): Consumers {
  if (consumers === undefined) throw new Error('the consumers do not run yet');
  return consumers;
}

function readBarrier(
  { database, clients: { roomserver, userapi }, heads, clock }: Surroundings,
  memory: MemoryIndex,
  consumers: () => Consumers,
): ReadBarrier {
  const pastEnd = { from: beyondTheEnd, to: 0, limit: 1 };
  const logs = {
    room: {
      name: roomLog.name,
      position: () => memory.position.room,
      askHead: async () => (await roomserver.readLog({ ...pastEnd, partition: 0 })).head,
      consumer: () => consumers().room,
    },
    user: {
      name: userLog.name,
      position: () => memory.position.user,
      askHead: async () => (await userapi.readLog(pastEnd)).head,
      consumer: () => consumers().user,
    },
    receipt: {
      name: receiptLog.name,
      position: () => memory.position.receipt,
      askHead: () => readReceiptHead(database),
      consumer: () => consumers().receipt,
    },
  };
  return new ReadBarrier(logs, heads, clock);
}

function startTimer(turn: () => void, inMs: number): () => void {
  const timer = setTimeout(turn, inMs);
  return () => clearTimeout(timer);
}
