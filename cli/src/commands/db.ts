import type { PlexusConfig } from '@plexus/config';
import type { Command } from 'commander';
import type { DatabaseStatistics } from '../database/statistics.ts';

interface StatsFlags {
  readonly config?: string;
  readonly json?: boolean;
}

export const addDatabaseCommand = (program: Command): void => {
  program
    .command('db')
    .description('the database of an installation')
    .command('stats')
    .description(
      'what takes the room: by service and table, bytes an event, states, what is set aside, conversions under way',
    )
    .option(
      '--config <file>',
      'whole configuration, else the variable PLEXUS_CONFIG; of a plexus up: DATA/run/config.json',
    )
    .option('--json', 'everything, as JSON')
    .action(stats);
};

const stats = async (flags: StatsFlags): Promise<void> => {
  const { checkedConfig } = await import('../load-config.ts');
  const config: PlexusConfig = checkedConfig(flags.config);
  const { databaseStatistics } = await import('../database/statistics.ts');
  const { loadModules, serviceNames } = await import('../service-modules.ts');
  const found = await databaseStatistics(config, await loadModules(serviceNames));
  if (flags.json === true) console.log(JSON.stringify(found, null, 2));
  else for (const line of report(found)) console.log(line);
};

const shownTables = 12;

const report = (found: DatabaseStatistics): string[] => [
  `database ${megabytes(found.bytes)}`,
  ...found.services.map(
    ({ service, bytes, tables }) => `  ${service.padEnd(16)}${megabytes(bytes).padStart(12)}  ${tables.length} tables`,
  ),
  "largest tables                              rows         rows' bytes      indexes",
  ...found.services
    .flatMap(({ tables }) => tables)
    .toSorted((a, b) => b.tableBytes + b.indexBytes - a.tableBytes - a.indexBytes)
    .slice(0, shownTables)
    .map(
      ({ table, rows, tableBytes, indexBytes }) =>
        `  ${table.padEnd(38)}${String(rows).padStart(12)}${megabytes(tableBytes).padStart(14)}${megabytes(indexBytes).padStart(13)}`,
    ),
  `events ${found.events}, of which each takes ${found.bytesPerEvent ?? '-'} bytes in roomserver, states among them ${found.stateBytesPerEvent ?? '-'}`,
  ...found.deadLetters.map(
    ({ service, entries }) => `set aside in ${service}: ${entries} entries (plexus admin dead-letters list)`,
  ),
  ...found.conversions.map((line) => `under way: ${line}`),
];

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
