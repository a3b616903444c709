import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { consoleProgress } from '../console/progress.ts';

const configOption = [
  '--config <file>',
  'whole configuration, else the variable PLEXUS_CONFIG; of a plexus up: DATA/run/config.json',
] as const;

export const addBackupCommand = (program: Command, settle: (exitCode: number) => void): void => {
  const backup = program
    .command('backup')
    .description('save an installation while it runs, check what was saved, put it back');
  backup
    .command('create')
    .description(
      'database, media, signing key and secrets, into a folder; media that it holds already are not copied again',
    )
    .requiredOption('--to <dir>', 'folder of the backup; made when it is missing')
    .option('--since <dir>', 'an earlier backup on the same disk: its media are linked')
    .option(...configOption)
    .action(async (flags: { to: string; since?: string; config?: string }) => settle(await create(flags)));
  backup
    .command('verify')
    .description('read all of it and hold it against its sums; exit code 1 when something is missing or damaged')
    .argument('<dir>')
    .action(async (folder: string) => {
      const { verifyBackup } = await import('../backup/verify.ts');
      const { serverName, createdAt } = await verifyBackup(folder, consoleProgress());
      console.log(`${folder} is whole: ${serverName} at ${createdAt}`);
    });
  backup
    .command('restore')
    .description(
      'into an empty database, or a new data folder of plexus up; everything is checked before anything is changed',
    )
    .argument('<dir>')
    .option('--config <file>', 'whole configuration, else the variable PLEXUS_CONFIG')
    .option('--data <dir>', 'data folder that plexus up is to have; its servers are started for the time')
    .action(async (folder: string, flags: { config?: string; data?: string }) =>
      flags.data === undefined ? restore(folder, flags) : restoreForUp(folder, flags.data, flags.config),
    );
};

const create = async (flags: { to: string; since?: string; config?: string }): Promise<number> => {
  // Whatever makes a file of it, pg_dump too: a backup holds all that the server knows, and its keys.
  process.umask(0o077);
  const { checkedConfig } = await import('../load-config.ts');
  const config = checkedConfig(flags.config);
  const { createBackup } = await import('../backup/create.ts');
  const { media, createdAt } = await createBackup({
    config,
    configFile: flags.config,
    folder: flags.to,
    earlier: flags.since,
    now: new Date(),
    progress: consoleProgress(),
  });
  console.log(`${flags.to} holds ${config.serverName} as it was at ${createdAt}`);
  return media.missing === 0 ? 0 : 1;
};

const restoreForUp = async (folder: string, data: string, configFile: string | undefined): Promise<void> => {
  const [{ readManifest }, { Stack }, { mergeSettings }, { readConfigFile }, { CliError }] = await Promise.all([
    import('../backup/manifest.ts'),
    import('../up/stack.ts'),
    import('../up/settings.ts'),
    import('../up/config-file.ts'),
    import('../cli-error.ts'),
  ]);
  const { serverName, createdAt } = readManifest(folder);
  const file = configFile === undefined ? {} : await readConfigFile(configFile);
  const merged = mergeSettings(
    { data, serverName, port: '0', federationPort: '0', metricsPort: '0', rateLimits: true, appservice: [] },
    file,
  );
  if ('errors' in merged) throw new CliError(merged.errors.join('\n'), 2);
  const { settings } = merged;
  const stack = new Stack({ dataDirectory: data, settings, progress: consoleProgress(), random: randomBytes });
  try {
    await stack.restore(folder);
  } finally {
    await stack.stop();
  }
  console.log(`${serverName} is as it was at ${createdAt}: start it with plexus up --data ${data}`);
};

const restore = async (folder: string, flags: { config?: string }): Promise<void> => {
  const { checkedConfig } = await import('../load-config.ts');
  const config = checkedConfig(flags.config);
  const { restoreBackup } = await import('../backup/restore.ts');
  const { loadModules, serviceNames } = await import('../service-modules.ts');
  const modules = await loadModules(serviceNames);
  const { createdAt } = await restoreBackup({ config, folder, modules, progress: consoleProgress() });
  console.log(
    `${config.serverName} is as it was at ${createdAt}: run plexus migrate, then start the services, with an empty Redis`,
  );
};
