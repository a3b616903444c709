import { RegistrationSource } from '@plexus/appservices';
import type { PlexusConfig } from '@plexus/config';
import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import type { ServerName } from '@plexus/matrix';
import type { Clock, Random } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import type { Clients, ServiceRuntime } from '@plexus/service';
import type { LogPublisher } from '@plexus/streams';
import { SessionInvalidator } from '@plexus/tokens';
import { type Audit, auditTo } from './audit.ts';
import { Departures, type DeparturesOptions } from './departures.ts';
import { logEntry } from './domain/log-entry.ts';
import { type UserapiMetrics, userapiMetrics } from './metrics.ts';
import { PasswordHasher } from './passwords/password-hasher.ts';
import { publishUserLog } from './producers/user-log.ts';
import type { UserLogRow } from './storage/user-log.ts';

/** What the operations of this service work with. */
export interface UserapiContext {
  readonly serverName: ServerName;
  readonly passwordRules: PlexusConfig['passwords'];
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly passwords: PasswordHasher;
  readonly registrations: RegistrationSource;
  readonly sessions: SessionInvalidator;
  readonly metrics: UserapiMetrics;
  readonly audit: Audit;
  readonly departures: Departures;
  readonly log: LogPublisher<UserLogEntry>;
  /** Hands what a statement logged to the stream, after its commit. */
  readonly publish: (logged: readonly UserLogRow[]) => void;
}

/** What this service takes from the process it runs in. */
export type UserapiRuntime = Pick<
  ServiceRuntime,
  'database' | 'clock' | 'random' | 'streams' | 'heads' | 'observability'
> & {
  readonly config: Pick<PlexusConfig, 'serverName' | 'passwords'>;
  readonly clients: Pick<Clients, 'appservice'> & Pick<DeparturesOptions, 'roomserver' | 'membership'>;
};

export function createContext(runtime: UserapiRuntime): UserapiContext {
  const { config, database, clock, random, streams, heads, clients, observability } = runtime;
  const { serverName, passwords } = config;
  const log = publishUserLog(database, serverName, streams, heads, observability);
  return {
    serverName,
    passwordRules: passwords,
    database,
    clock,
    random,
    passwords: new PasswordHasher(passwords, random, observability),
    registrations: new RegistrationSource(clients.appservice, serverName, clock, observability),
    sessions: new SessionInvalidator({ streams, clock, random, observability }),
    metrics: userapiMetrics(observability),
    audit: auditTo(observability.log),
    departures: new Departures({
      database,
      roomserver: clients.roomserver,
      membership: clients.membership,
      serverName,
      clock,
      log: observability.log,
    }),
    log,
    publish: (logged) => {
      if (logged.length > 0) log.publish(logged.map((row) => logEntry(row, serverName)));
    },
  };
}
