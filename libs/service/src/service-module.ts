import type { EphemeralStore } from '@plexus/cache';
import type { PlexusConfig } from '@plexus/config';
import type { AppserviceService } from '@plexus/contracts/appservice';
import type { FederationapiService } from '@plexus/contracts/federationapi';
import type { MembershipService } from '@plexus/contracts/membership';
import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { SyncapiService } from '@plexus/contracts/syncapi';
import type { TypingService } from '@plexus/contracts/typing';
import type { UserapiService } from '@plexus/contracts/userapi';
import type { AuthenticateOrigin, Handlers } from '@plexus/http';
import type { Clock, Observability, Random } from '@plexus/observability';
import type { Database, Statement } from '@plexus/postgres';
import type { BoundService } from '@plexus/rpc';
import type { CommittedHeads, StreamConnection } from '@plexus/streams';
import type { CertificateSource } from './certificate-source.ts';

export const serviceNames = [
  'userapi',
  'roomserver',
  'typing',
  'appservice',
  'federationapi',
  'mediaapi',
  'syncapi',
  'clientapi',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** The other services, each through its generated interface; whether the wire is between is not known here. */
export interface Clients {
  readonly userapi: UserapiService;
  readonly roomserver: RoomserverService;
  /** Of roomserver too: commands that change who is in a room. */
  readonly membership: MembershipService;
  readonly syncapi: SyncapiService;
  readonly typing: TypingService;
  readonly appservice: AppserviceService;
  readonly federationapi: FederationapiService;
}

/** Everything a service gets from the process it runs in. */
export interface ServiceRuntime {
  readonly config: PlexusConfig;
  readonly observability: Observability;
  readonly clock: Clock;
  readonly random: Random;
  readonly database: Database;
  readonly streams: StreamConnection;
  /** How far the logs are committed; undefined when other processes write to them too. */
  readonly heads: CommittedHeads | undefined;
  readonly ephemeral: EphemeralStore;
  readonly clients: Clients;
  /** Aborted when the process is told to end while its services start. */
  readonly signal?: AbortSignal | undefined;
}

/** One reason why a service is not ready, for people; none: ready. */
export type ReadinessProblem = string;

/** What the process needs to listen to other servers: their operations are served with TLS on a port of their own. */
export interface FederationListener {
  readonly tls: CertificateSource;
  readonly authenticateOrigin: AuthenticateOrigin;
}

export interface RunningService {
  /** gRPC services it answers. */
  readonly rpc: readonly BoundService[];
  /** HTTP operations it answers. */
  readonly handlers: Handlers;
  /** Only federationapi has one. */
  readonly federation?: FederationListener;
  /** Empty when it can do its work: consumers move, publishers are not behind. The database's writability is checked by the process. */
  readiness(): Promise<readonly ReadinessProblem[]>;
  /**
   * Looks whether it can take a changed configuration, and answers what takes it; requests go on meanwhile. Without it nothing of the
   * service depends on what can change. @throws Error with a sentence for the operator; nothing is changed then
   */
  prepareReload?(config: PlexusConfig): Promise<() => Promise<void>>;
  /** Wakes long polls so that they end with an answer; called first in a shutdown. */
  drain(): Promise<void>;
  /** Work in hand finished, positions written, timers ended. */
  stop(): Promise<void>;
}

/** A service as `plexus run` starts it. All migrations have run before. */
export interface ServiceModule {
  readonly name: ServiceName;
  /** Folder of numbered .sql files; undefined when the service owns no tables. Its schema carries its name. */
  readonly migrations: URL | undefined;
  /** Answers `found`: whether rows of its tables carry the server's name, which then cannot be changed any more. */
  readonly carriesServerName?: Statement;
  /** What its caches and windows take together under no budget, in bytes: the memory budget of a process is shared out by it. */
  readonly cacheBytes?: number;
  /** It signs with the server's key, which must be the one that the database knows. */
  readonly signs?: true;
  /** How far a conversion of its data is that goes on in the background after a migration, in words; undefined when there is none. */
  readonly conversion?: (database: Database) => Promise<string | undefined>;
  /** Run after the database was put back to an earlier point, by a restore: what was told to others since then is forgotten here. */
  readonly afterRestore?: readonly Statement[];
  /**
   * Builds its context and takes up work. Services of one process are started one after another in the order of `serviceNames`; calls to
   * others may be made from here on, and wait (up to their deadline) until those listen.
   */
  start(runtime: ServiceRuntime): Promise<RunningService>;
}
