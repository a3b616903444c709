import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CliError, messageOf } from '../cli-error.ts';

export const addRoundTripCommand = (program: Command): void => {
  program
    .command('round-trip')
    .description('see that a server works: a user, a room, a message, /sync, a file and the key, as a client')
    .argument('<url>', 'where clients reach it, for example https://matrix.example.org')
    .requiredOption('--shared-secret-file <file>', 'holds registration.sharedSecret')
    .action(async (url: string, flags: { sharedSecretFile: string }) => {
      if (!URL.canParse(url)) throw new CliError(`${url} is not a URL`, 2);
      const { roundTrip } = await import('../round-trip/round-trip.ts');
      const sharedSecret = readSecret(flags.sharedSecretFile);
      await roundTrip({ url, sharedSecret, random: randomBytes, line: console.log });
    });
};

const readSecret = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CliError(`--shared-secret-file: ${messageOf(error)}`, 2);
  }
};
