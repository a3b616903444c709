import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CliError, messageOf } from '../cli-error.ts';
import { dataFolder } from '../folder/data-folder.ts';
import { readState } from '../folder/state-file.ts';

export const addRoundTripCommand = (program: Command): void => {
  program
    .command('round-trip')
    .description('see that a server works: a user, a room, a message, /sync, a file and the key, as a client')
    .argument(
      '[url]',
      'where clients reach it, for example https://matrix.example.org; of the plexus up on this machine when it is left out',
    )
    .option(
      '--shared-secret-file <file>',
      'holds registration.sharedSecret; without it the user is made by way of --data',
    )
    .option('--data <dir>', 'data folder of the plexus up that runs', 'data')
    .action(async (url: string | undefined, flags: { sharedSecretFile?: string; data: string }) => {
      if (url !== undefined && !URL.canParse(url)) throw new CliError(`${url} is not a URL`, 2);
      const { roundTrip } = await import('../round-trip/round-trip.ts');
      const newUser =
        flags.sharedSecretFile === undefined
          ? await userOfUp(flags.data)
          : { sharedSecret: readSecret(flags.sharedSecretFile) };
      await roundTrip({ url: url ?? clientUrlOf(flags.data), newUser, random: randomBytes, line: console.log });
    });
};

const clientUrlOf = (data: string): string => {
  const url = readState(dataFolder(data).state)?.clientUrl;
  if (url === undefined) throw new CliError('the URL is missing: no plexus up has run in this data folder', 2);
  return url;
};

/** Makes accounts as `plexus admin user create` does. @throws CliError when there is no such installation */
const userOfUp = async (data: string) => {
  const { installationOf } = await import('../administration/installation-of-flags.ts');
  const { withUserapi } = await import('../administration/with-userapi.ts');
  try {
    await installationOf({ data });
  } catch (error) {
    throw new CliError(`--shared-secret-file: is missing, and ${messageOf(error)}`, 2);
  }
  return {
    make: (localpart: string, password: string): Promise<void> =>
      withUserapi({ data }, async ({ userapi }) => {
        const { result } = await userapi.register({ localpart, password, admin: false, inhibitLogin: true });
        if (result?.$case !== 'account') throw new CliError('the user could not be made');
      }),
  };
};

const readSecret = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(`--shared-secret-file: ${messageOf(error)}`, 2);
  }
};
