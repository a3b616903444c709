import type { Command } from 'commander';
import {
  type InstallationFlags,
  installationOf,
  withInstallationFlags,
} from '../administration/installation-of-flags.ts';
import { CliError } from '../cli-error.ts';

/** Adds `plexus admin dead-letters`. */
export const addDeadLettersCommand = (admin: Command): void => {
  const letters = admin
    .command('dead-letters')
    .description('what the services could not apply, and what waits behind it');
  const add = (name: string, description: string): Command =>
    withInstallationFlags(letters.command(name).description(description));
  add('list', 'rooms and users that are set aside, with the error that did it').action(list);
  add('retry', 'apply them again; what fails once more stays set aside')
    .argument('[line]', 'room or user id; all when absent')
    .action(retry);
};

const list = async (flags: InstallationFlags): Promise<void> => {
  const { openDeadLetters } = await import('@plexus/streams');
  await withDatabase(flags, async (database) => {
    const lines = await (await openDeadLetters(database)).list();
    for (const { service, log, line, entries, since, error } of lines)
      console.log(`${service} ${log} ${line ?? '-'}: ${entries} since ${since.toISOString()}: ${error}`);
    if (lines.length === 0) console.log('nothing is set aside');
  });
};

const retry = async (line: string | undefined, flags: InstallationFlags): Promise<void> => {
  const { openDeadLetters } = await import('@plexus/streams');
  await withDatabase(flags, async (database) => {
    const released = await (await openDeadLetters(database)).release(line);
    if (released === 0) throw new CliError(line === undefined ? 'nothing is set aside' : `${line} is not set aside`);
    console.log(`${released} entries are applied again within seconds; dead-letters list shows what fails once more`);
  });
};

const withDatabase = async (
  flags: InstallationFlags,
  work: (database: import('@plexus/postgres').Database) => Promise<void>,
): Promise<void> => {
  const [{ openDatabase }, { createObservability }] = await Promise.all([
    import('@plexus/postgres'),
    import('@plexus/observability'),
  ]);
  const observability = createObservability({ service: 'plexus admin', level: 'error' });
  const { postgresUrl: url } = await installationOf(flags);
  const database = openDatabase({ url, maxConnections: 2, observability });
  try {
    await work(database);
  } finally {
    await database.close();
    await observability.shutdown();
  }
};
