import type { PlexusConfig } from '@plexus/config';
import type { Observability } from '@plexus/observability';
import type { ServiceModule } from '@plexus/service';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.ts';
import { asCliError } from '../installation-error.ts';

interface MigrateFlags {
  readonly config?: string;
  readonly wait: number;
}

export const addMigrateCommand = (program: Command): void => {
  program
    .command('migrate')
    .description("bring every service's tables to this version; plexus up does so itself")
    .option('--config <file>', 'whole configuration in YAML or JSON; without it the variable PLEXUS_CONFIG holds it')
    .option('--wait <seconds>', 'how long to wait for a database that is still starting', seconds, 0)
    .action(migrate);
};

const seconds = (text: string): number => {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('it must be a whole number of seconds');
  return Number(text);
};

const migrate = async (flags: MigrateFlags): Promise<void> => {
  const { checkedConfig } = await import('../load-config.ts');
  const { loadModules, serviceNames } = await import('../service-modules.ts');
  const { runMigrations, settleServerName } = await import('@plexus/service');
  const { createObservability } = await import('@plexus/observability');
  const config = checkedConfig(flags.config);
  const observability = createObservability({ service: 'plexus migrate', level: 'error' });
  const applied: string[] = [];
  const conversions: string[] = [];
  const log = {
    debug: () => {},
    info: (fields: object) => {
      if ('schema' in fields && 'applied' in fields) applied.push(`${String(fields.schema)} ${String(fields.applied)}`);
    },
    warn: (_fields: object, message: string) => console.error(message),
    error: (_fields: object, message: string) => console.error(message),
    child: () => log,
  };
  try {
    await writableDatabase(config, observability, flags.wait);
    const modules = await loadModules(serviceNames);
    await settleServerName(config, modules, observability);
    await runMigrations(modules, config, log);
    conversions.push(...(await conversionsOf(modules, config, observability)));
  } catch (error) {
    throw await asCliError(error);
  } finally {
    await observability.shutdown();
  }
  console.log(applied.length === 0 ? 'the database is up to date' : `applied: ${applied.join(', ')}`);
  for (const line of conversions) console.log(line);
};

/** What services convert in the background while they run. */
const conversionsOf = async (
  modules: readonly ServiceModule[],
  config: PlexusConfig,
  observability: Observability,
): Promise<string[]> => {
  const { openDatabase } = await import('@plexus/postgres');
  const database = openDatabase({ ...config.postgres, maxConnections: 1, observability });
  try {
    const progress = await Promise.all(modules.map(async ({ conversion }) => conversion?.(database)));
    return progress.flatMap((line, index) => (line === undefined ? [] : `${modules[index]?.name}: ${line}`));
  } finally {
    await database.close();
  }
};

/** Asks once a second. @throws CliError before anything is changed, with what is wrong with a database that stays so */
const writableDatabase = async (
  config: PlexusConfig,
  observability: Observability,
  waitSeconds: number,
): Promise<void> => {
  const { openDatabase } = await import('@plexus/postgres');
  const { setTimeout: pass } = await import('node:timers/promises');
  const database = openDatabase({ ...config.postgres, maxConnections: 2, observability });
  try {
    let { problems } = await database.condition();
    for (let left = waitSeconds; left > 0 && problems.length > 0; left--) {
      await pass(1_000);
      ({ problems } = await database.condition());
    }
    if (problems.length > 0) throw new CliError(problems.map((problem) => `postgres.url: ${problem}`).join('\n'));
  } finally {
    await database.close();
  }
};
