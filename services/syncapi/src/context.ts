import type { ReceiptLogEntry } from '@plexus/contracts/streams/receipt-log';
import type { Clock, Observability } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import {
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
import { isReached, type SyncPosition } from './domain/sync-token.ts';
import { TimerWheel } from './domain/timer-wheel.ts';
import { DeviceSessions } from './memory/device-sessions.ts';
import { MemoryIndex } from './memory/memory-index.ts';
import { SyncingUsers } from './memory/syncing-users.ts';
import { ReceiptWriter, readReceiptPage } from './producers/receipt-log.ts';
import { positionStatements, readGeneration } from './storage/positions.ts';
import { readReceiptHead } from './storage/receipts.ts';
import { RoomNumbers } from './storage/room-numbers.ts';
import { type SyncMetrics, syncMetrics } from './telemetry.ts';

const mebibyte = 1024 * 1024;
/** Bounds of what is kept in memory; 48 MiB of window hold the last 30,000 messages or so. */
const bounds = {
  windowBytes: 48 * mebibyte,
  receiptBytes: 8 * mebibyte,
  eventCacheBytes: 32 * mebibyte,
  devices: 10_000,
};
const wheelTickMs = 50;
/** How long a request waits for this replica to come as far as its token. */
const catchUpMs = 2_000;

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
  readonly clock: Clock;
  readonly observability: Observability;
  readonly clients: OtherServices;
}

/** The service's object graph. */
export interface SyncapiContext extends SyncContext {
  readonly serverName: string;
  readonly receipts: ReceiptWriter;
  readonly receiptPublisher: LogPublisher<ReceiptLogEntry>;
  readonly metrics: SyncMetrics;
  startedWith(consumers: Consumers): void;
}

export async function createContext(surroundings: Surroundings): Promise<SyncapiContext> {
  const { database, clients, clock, observability, streams, serverName } = surroundings;
  const [room, user, receipt, generation] = await Promise.all([
    loadPosition(database, positionStatements, roomLog),
    loadPosition(database, positionStatements, userLog),
    readReceiptHead(database),
    readGeneration(database),
  ]);
  let consumers: Consumers | undefined;
  const memory: MemoryIndex = new MemoryIndex(
    { maxEventBytes: bounds.windowBytes, maxReceiptBytes: bounds.receiptBytes, positions: { room, user, receipt } },
    (redaction) => events.redacted(redaction),
    (roomId, upTo) => events.gone(roomId, upTo),
  );
  const events: EventStore = new EventStore(clients.roomserver, () => memory, bounds.eventCacheBytes);
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
    { stream: receiptLog, readLog: (range) => readReceiptPage(database, range) },
    observability,
  );
  return {
    serverName,
    database,
    clock,
    memory,
    events,
    polls,
    metrics,
    generation,
    receiptPublisher,
    userapi: clients.userapi,
    numbers: new RoomNumbers(),
    filters: new FilterStore(database, observability),
    sessions: new DeviceSessions(bounds.devices),
    users: new SyncingUsers(database, memory, clock, () => running(consumers).room),
    receipts: new ReceiptWriter(database, receiptPublisher, () => clock.now()),
    reach: (position) => reach(memory, running(consumers), position),
    startedWith: (started) => {
      consumers = started;
    },
  };
}

function running(consumers: Consumers | undefined): Consumers {
  if (consumers === undefined) throw new Error('the consumers do not run yet');
  return consumers;
}

/** Waits until this replica is as far as a token of another one; `unknown` when the logs themselves are not. */
async function reach(
  memory: MemoryIndex,
  { room, user, receipt }: Consumers,
  position: SyncPosition,
): Promise<'reached' | 'behind' | 'unknown'> {
  if (isReached(position, memory.position)) return 'reached';
  const reached = await Promise.all([
    room.waitFor(position.room, catchUpMs),
    user.waitFor(position.user, catchUpMs),
    receipt.waitFor(position.receipt, catchUpMs),
  ]);
  if (reached.every(Boolean)) return 'reached';
  const isBehind = room.lag() > 0 || user.lag() > 0 || receipt.lag() > 0;
  return isBehind ? 'behind' : 'unknown';
}

function startTimer(turn: () => void, inMs: number): () => void {
  const timer = setTimeout(turn, inMs);
  return () => clearTimeout(timer);
}
