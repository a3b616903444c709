import type { Command } from 'commander';

export const addMigrateCommand = (program: Command): void => {
  program
    .command('migrate')
    .description("bring every service's tables to this version; plexus up does so itself")
    .requiredOption('--config <file>', 'whole configuration in YAML or JSON')
    .action(async (flags: { config: string }) => migrate(flags.config));
};

const migrate = async (configFile: string): Promise<void> => {
  const { checkedConfig } = await import('../load-config.ts');
  const { loadModules, serviceNames } = await import('../service-modules.ts');
  const { runMigrations } = await import('@plexus/service');
  const config = checkedConfig(configFile);
  const applied: string[] = [];
  const log = {
    debug: () => {},
    info: (fields: object) => {
      if ('schema' in fields && 'applied' in fields) applied.push(`${String(fields.schema)} ${String(fields.applied)}`);
    },
    warn: (_fields: object, message: string) => console.error(message),
    error: (_fields: object, message: string) => console.error(message),
    child: () => log,
  };
  await runMigrations(await loadModules(serviceNames), config, log);
  console.log(applied.length === 0 ? 'the database is up to date' : `applied: ${applied.join(', ')}`);
};
