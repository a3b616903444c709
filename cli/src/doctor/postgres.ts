import { lookup } from 'node:dns/promises';
import type { PlexusConfig } from '@plexus/config';
import { createObservability } from '@plexus/observability';
import { openDatabase, pendingMigrations, type Queryable, type ServerSettings, serverSettings } from '@plexus/postgres';
import { installationProblems, signingKeyProblems } from '@plexus/service';
import { CliError } from '../cli-error.ts';
import { loadModules, serviceNames } from '../service-modules.ts';
import type { Look } from './finding.ts';
import { missingStore, placeOf } from './missing-store.ts';
import type { Clocks } from './stores.ts';

export interface PostgresLooks {
  readonly looks: Readonly<Record<string, Look>>;
  close(): Promise<void>;
}

export const openPostgresLooks = (config: PlexusConfig, clocks: Clocks): PostgresLooks => {
  const observability = createObservability({
    service: 'plexus doctor',
    level: 'error',
    destination: { write: () => {} },
  });
  const database = openDatabase({
    ...config.postgres,
    maxConnections: 2,
    applicationName: 'plexus doctor',
    observability,
  });
  const settings = async (): Promise<ServerSettings> => {
    const { problems } = await database.condition();
    if (problems.some((problem) => problem.includes('no answer') || problem.includes(': it refuses')))
      throw new CliError('see postgres');
    return serverSettings(database);
  };
  return {
    looks: {
      postgres: async () => {
        const { problems, remarks } = await database.condition();
        // A clock that is off is a finding of its own.
        const wrong = [...problems, ...remarks.filter((remark) => !remark.startsWith('this clock'))];
        if (wrong.some((problem) => problem.includes('no answer')))
          throw new CliError(await reasonOfSilence(database, config));
        if (wrong.length > 0) throw new CliError(wrong.join('; '));
        const found = await serverSettings(database);
        clocks.set('PostgreSQL', Date.now() - found.now * 1_000);
        return `${found.version}, takes writes, ${found.encoding} sorted by ${found.collation}`;
      },
      'postgres-durability': async () => judgeDurability(await settings()),
      'postgres-connections': async () =>
        judgeConnections(await settings(), config.postgres.maxConnections, await countProcesses(config)),
      identity: async () => {
        await settings();
        const [problem] = [
          ...(await installationProblems(database, [], config)),
          ...(await signingKeyProblems(database, config, Date.now())),
        ];
        if (problem === undefined) return `of ${config.serverName}, with this signing key`;
        // An empty database, or tables of another version: see migrations.
        if (problem.kind === 'schema') return 'see migrations';
        throw new CliError(problem.message);
      },
      migrations: async () => {
        await settings();
        const modules = await loadModules(serviceNames);
        const plans = await Promise.all(
          modules.flatMap(({ name, migrations }) =>
            migrations === undefined
              ? []
              : [
                  pendingMigrations(database, { schema: name, directory: migrations }).then((plan) => ({
                    name,
                    ...plan,
                  })),
                ],
          ),
        );
        const pending = plans.flatMap(({ name, pending: names }) => names.map((file) => `${name} ${file}`));
        if (plans.every(({ applied }) => applied === 0)) return 'an empty database: plexus migrate makes the tables';
        if (pending.length > 0)
          throw new CliError(`pending: ${pending.join(', ')}; run plexus migrate before the services of this version`);
        return `${plans.reduce((sum, { applied }) => sum + applied, 0)} applied, none pending`;
      },
      'room-states': async () => {
        await settings();
        const modules = await loadModules(serviceNames);
        const plans = modules.map(async ({ name, conversion }) => {
          const line = await conversion?.(database);
          return line === undefined ? [] : [`${name}: ${line}`];
        });
        const lines = (await Promise.all(plans)).flat();
        return lines.length === 0 ? 'all in the format of this version' : lines.join('; ');
      },
    },
    close: async () => {
      await database.close();
      await observability.shutdown();
    },
  };
};

/** Why the database gives no answer: the condition tells no more than that. */
const reasonOfSilence = async (database: Queryable, { postgres }: PlexusConfig): Promise<string> => {
  const say = (error: unknown): string => missingStore('PostgreSQL', placeOf(postgres.url), 'postgres.url', error);
  return await serverSettings(database).then(() => 'PostgreSQL answers again: run the doctor once more', say);
};

const judgeDurability = ({ fsync, fullPageWrites, synchronousCommit }: ServerSettings): string => {
  const off = [
    ...(fsync ? [] : ['fsync is off']),
    ...(fullPageWrites ? [] : ['full_page_writes is off']),
    ...(synchronousCommit === 'off' ? ['synchronous_commit is off'] : []),
  ];
  if (off.length > 0)
    throw new CliError(
      `${off.join(', ')}: what was acknowledged can be lost, or the whole database, when the machine goes down; turn it on (ALTER SYSTEM SET …, then SELECT pg_reload_conf())`,
    );
  return `fsync and full_page_writes are on, synchronous_commit is ${synchronousCommit}`;
};

/** Its own pools, beside that of the process. */
const ROOMSERVER_CONNECTIONS = 12;
/** For people and for other programs. */
const SPARE_CONNECTIONS = 10;

interface Processes {
  readonly all: number;
  readonly roomservers: number;
}

const judgeConnections = (settings: ServerSettings, ofProcess: number, { all, roomservers }: Processes): string => {
  const wanted =
    ofProcess * all + ROOMSERVER_CONNECTIONS * roomservers + settings.reservedConnections + SPARE_CONNECTIONS;
  const said = `max_connections is ${settings.maxConnections}, ${settings.connections} are open, ${all} processes may open ${ofProcess} each, roomserver ${ROOMSERVER_CONNECTIONS} more`;
  if (wanted > settings.maxConnections)
    throw new CliError(`${said}: set max_connections to at least ${wanted}, or lower postgres.maxConnections`);
  return said;
};

/** Those that the configuration names; what shares a process or an address counts once. */
const countProcesses = async ({ services }: PlexusConfig): Promise<Processes> => {
  const named = await Promise.all(
    Object.entries(services).map(async ([name, peer]) => ({
      name,
      places: peer === undefined ? [] : await placesOf(peer),
    })),
  );
  const processes = new Set(named.flatMap(({ places }) => places));
  const roomservers = new Set(named.flatMap(({ name, places }) => (name === 'roomserver' ? places : [])));
  return { all: Math.max(1, processes.size), roomservers: Math.max(1, roomservers.size) };
};

type Peer = NonNullable<PlexusConfig['services'][keyof PlexusConfig['services']]>;

const placesOf = async ({ rpc, http, replicas }: Peer): Promise<string[]> => {
  const listed = rpc.length > 0 ? rpc : http.map((url) => new URL(url).host);
  if (replicas === 'listed') return listed;
  const resolved = listed.map(async (place) => {
    const { hostname, port } = new URL(`http://${place}`);
    const found = await lookup(hostname, { all: true }).catch(() => []);
    return found.length === 0 ? [place] : found.map(({ address }) => `${address}:${port}`);
  });
  return (await Promise.all(resolved)).flat();
};
