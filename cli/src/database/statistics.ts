import type { PlexusConfig } from '@plexus/config';
import { createObservability } from '@plexus/observability';
import { type Database, openDatabase, sql } from '@plexus/postgres';
import type { ServiceModule } from '@plexus/service';
import { openDeadLetters } from '@plexus/streams';

export interface TableStatistics {
  /** With its schema. */
  readonly table: string;
  /** As PostgreSQL estimates them; exact where it has not counted yet. */
  readonly rows: number;
  /** With what is stored beside the rows (TOAST). */
  readonly tableBytes: number;
  readonly indexBytes: number;
}

export interface DatabaseStatistics {
  readonly bytes: number;
  readonly services: readonly {
    readonly service: string;
    readonly bytes: number;
    readonly tables: readonly TableStatistics[];
  }[];
  readonly events: number;
  /** Everything that roomserver keeps, divided by its events; undefined before the first. */
  readonly bytesPerEvent: number | undefined;
  readonly stateBytesPerEvent: number | undefined;
  /** What services could not apply. */
  readonly deadLetters: readonly { readonly service: string; readonly entries: number }[];
  /** What services convert in the background. */
  readonly conversions: readonly string[];
}

const readTables = sql(
  'statistics_tables',
  `SELECT nspname || '.' || relname AS table, reltuples::bigint AS rows,
     pg_table_size(pg_class.oid) AS "tableBytes", pg_indexes_size(pg_class.oid) AS "indexBytes"
   FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE relkind = 'r' AND nspname = ANY($1) ORDER BY nspname, relname`,
);
const readSize = sql('statistics_size', 'SELECT pg_database_size(current_database()) AS bytes');

/** What the database of an installation holds, by its catalogue. Reads no table that PostgreSQL has counted. */
export const databaseStatistics = async (
  { postgres }: Pick<PlexusConfig, 'postgres'>,
  modules: readonly ServiceModule[],
): Promise<DatabaseStatistics> => {
  const observability = createObservability({ service: 'plexus db', level: 'error' });
  const database = openDatabase({ ...postgres, maxConnections: 2, applicationName: 'plexus db', observability });
  try {
    const names = modules.filter(({ migrations }) => migrations !== undefined).map(({ name }) => name);
    const [size] = await database.query<{ bytes: number }>(readSize, []);
    const tables = await tablesOf(database, names);
    const services = names.map((service) => {
      const own = tables.filter(({ table }) => table.startsWith(`${service}.`));
      return { service, bytes: sumOf(own), tables: own };
    });
    const roomserver = tables.filter(({ table }) => table.startsWith('roomserver.'));
    const events = roomserver.find(({ table }) => table === 'roomserver.events')?.rows ?? 0;
    const perEvent = (bytes: number): number | undefined => (events === 0 ? undefined : Math.round(bytes / events));
    const progress = await Promise.all(modules.map(async ({ conversion }) => conversion?.(database)));
    return {
      bytes: size?.bytes ?? 0,
      services,
      events,
      bytesPerEvent: perEvent(sumOf(roomserver)),
      stateBytesPerEvent: perEvent(sumOf(roomserver.filter(({ table }) => table.startsWith('roomserver.state_')))),
      deadLetters: await deadLettersOf(database),
      conversions: progress.flatMap((line, index) => (line === undefined ? [] : `${modules[index]?.name}: ${line}`)),
    };
  } finally {
    await database.close();
    await observability.shutdown();
  }
};

const sumOf = (tables: readonly TableStatistics[]): number =>
  tables.reduce((sum, { tableBytes, indexBytes }) => sum + tableBytes + indexBytes, 0);

/** A table that was never analysed has -1 rows in the catalogue, and is small. */
const tablesOf = async (database: Database, schemas: readonly string[]) => {
  const tables = await database.query<TableStatistics>(readTables, [schemas]);
  return Promise.all(
    tables.map(async (table) => {
      if (table.rows >= 0) return table;
      const count = sql(
        `statistics_count_${table.table.replace('.', '_')}`.slice(0, 63),
        `SELECT count(*) AS rows FROM ${table.table}`,
      );
      const [counted] = await database.query<{ rows: number }>(count, []);
      return { ...table, rows: counted?.rows ?? 0 };
    }),
  );
};

const deadLettersOf = async (database: Database): Promise<{ service: string; entries: number }[]> => {
  const byService = new Map<string, number>();
  for (const { service, entries } of await (await openDeadLetters(database)).list())
    byService.set(service, (byService.get(service) ?? 0) + entries);
  return [...byService].map(([service, entries]) => ({ service, entries }));
};
