import { setTimeout as sleep } from 'node:timers/promises';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { defaultRoomVersion, type RoomVersionRules, rulesOf, type ServerName, type SigningKey } from '@plexus/matrix';
import type { Clock, Observability, Random } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { IndexedAuthChains } from './auth-chains/indexed-auth-chains.ts';
import { Committer } from './committer/committer.ts';
import type { InputContext } from './input-events/input-room-events.ts';
import { InputTurns } from './input-events/input-turns.ts';
import { Paces } from './input-events/pace.ts';
import type { RemoteEvents, ServerKeys } from './input-events/remote-events.ts';
import { type RoomserverMetrics, roomserverMetrics } from './metrics.ts';
import { type CreateRoomContext, uniqueTimestamps } from './room-actor/create-room.ts';
import type { StageContext } from './room-actor/draft.ts';
import { RoomActors } from './room-actor/room-actors.ts';
import { TreeStateStore } from './state-store/tree-state-store.ts';
import type { RoomserverDatabases } from './storage/indexed-database.ts';
import { Names } from './storage/names.ts';
import { NumberRange } from './storage/number-ranges.ts';

/** What the operations of roomserver work with. */
export interface RoomserverContext {
  readonly database: Database;
  readonly stateStore: TreeStateStore;
  readonly authChains: IndexedAuthChains;
  readonly names: Names;
  readonly actors: RoomActors;
  readonly committer: Committer;
  readonly createRoom: CreateRoomContext;
  readonly input: InputContext;
  readonly serverName: ServerName;
  /** Of rooms that nobody names a version for. */
  readonly defaultRules: RoomVersionRules;
  readonly metrics: RoomserverMetrics;
}

export interface ContextOptions {
  readonly databases: RoomserverDatabases;
  readonly observability: Observability;
  readonly clock: Clock;
  readonly random: Random;
  readonly serverName: ServerName;
  readonly signingKey: SigningKey;
  /** Other servers, by way of federationapi. */
  readonly federation: RemoteEvents & ServerKeys;
  /** Without it those of the newest version. */
  readonly defaultRules?: RoomVersionRules;
  /** Takes entries that are committed, in order of their positions. */
  readonly publish: (entries: readonly RoomLogEntry[]) => void;
}

/** Builds the object graph. */
export function createContext(options: ContextOptions): RoomserverContext {
  const { databases, observability, clock, random, serverName, signingKey, federation, publish } = options;
  const { queries, writes } = databases;
  const names = new Names(writes, observability);
  const stateStore = new TreeStateStore(writes, observability);
  const metrics = roomserverMetrics(observability, {
    liveRooms: () => actors.count,
    commitsWaiting: () => committer.waiting,
  });
  const committer: Committer = new Committer({
    database: writes,
    metrics,
    log: observability.log,
    currentState: (snapshot) => stateStore.current(snapshot),
    learnAddresses: (refused) => stateStore.learnAddresses(refused),
    publish,
  });
  const stages: StageContext = {
    queryable: writes,
    names,
    eventNumbers: new NumberRange('event', writes, clock),
    stateStore,
    clock,
    random,
    serverName,
    signingKey,
  };
  const actors: RoomActors = new RoomActors({ database: writes, committer, stages, metrics }, observability);
  const roomNumbers = new NumberRange('room', writes, clock);
  const authChains = new IndexedAuthChains(queries, stateStore);
  return {
    database: queries,
    stateStore,
    authChains,
    names,
    actors,
    committer,
    createRoom: { stages, roomNumbers, committer, uniqueTimestamp: uniqueTimestamps(clock) },
    input: {
      serverName,
      turns: new InputTurns(),
      paces: new Paces({ now: () => clock.monotonic(), sleep }),
      queryable: queries,
      actors,
      keys: federation,
      remote: federation,
      clock,
      metrics,
      carryOut: {
        queryable: queries,
        stateStore,
        authChains,
        names,
        metrics,
        eventNumbers: stages.eventNumbers,
        roomNumbers,
      },
    },
    serverName,
    defaultRules: options.defaultRules ?? rulesOf(defaultRoomVersion),
    metrics,
  };
}
