import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { dataFolder } from '../folder/data-folder.ts';
import { readState } from '../folder/state-file.ts';

/** Adds `plexus admin dead-letters`. */
export const addDeadLettersCommand = (admin: Command): void => {
  const letters = admin
    .command('dead-letters')
    .description('what the services could not apply, and what waits behind it');
  letters
    .command('list')
    .description('rooms and users that are set aside, with the error that did it')
    .option('--data <dir>', 'data folder of the plexus up that runs', 'data')
    .option('--config <file>', 'configuration of services that run elsewhere, instead of --data')
    .action(list);
  letters
    .command('retry')
    .description('apply them again; what fails once more stays set aside')
    .argument('[line]', 'room or user id; all when absent')
    .option('--data <dir>', 'data folder of the plexus up that runs', 'data')
    .option('--config <file>', 'configuration of services that run elsewhere, instead of --data')
    .action(retry);
};

interface WhereFlags {
  readonly data: string;
  readonly config?: string;
}

const list = async (flags: WhereFlags): Promise<void> => {
  const { openDeadLetters } = await import('@plexus/streams');
  await withDatabase(flags, async (database) => {
    const lines = await (await openDeadLetters(database)).list();
    for (const { service, log, line, entries, since, error } of lines)
      console.log(`${service} ${log} ${line ?? '-'}: ${entries} since ${since.toISOString()}: ${error}`);
    if (lines.length === 0) console.log('nothing is set aside');
  });
};

const retry = async (line: string | undefined, flags: WhereFlags): Promise<void> => {
  const { openDeadLetters } = await import('@plexus/streams');
  await withDatabase(flags, async (database) => {
    const released = await (await openDeadLetters(database)).release(line);
    if (released === 0) throw new CliError(line === undefined ? 'nothing is set aside' : `${line} is not set aside`);
    console.log(`${released} entries are applied again within seconds; dead-letters list shows what fails once more`);
  });
};

const withDatabase = async (
  flags: WhereFlags,
  work: (database: import('@plexus/postgres').Database) => Promise<void>,
): Promise<void> => {
  const [{ openDatabase }, { createObservability }] = await Promise.all([
    import('@plexus/postgres'),
    import('@plexus/observability'),
  ]);
  const observability = createObservability({ service: 'plexus admin', level: 'error' });
  const database = openDatabase({ url: await postgresUrlOf(flags), maxConnections: 2, observability });
  try {
    await work(database);
  } finally {
    await database.close();
    await observability.shutdown();
  }
};

const postgresUrlOf = async ({ data, config }: WhereFlags): Promise<string> => {
  if (config !== undefined) return (await import('../load-config.ts')).checkedConfig(config).postgres.url;
  const folder = dataFolder(data);
  const url = existsSync(folder.state) ? readState(folder.state)?.postgresUrl : undefined;
  if (url === undefined)
    throw new CliError(`no plexus up runs on ${folder.root}; start it, or name its folder with --data`);
  return url;
};
