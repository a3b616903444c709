import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { makeSigningKey } from '../up/signing-key.ts';

/** Part of `plexus up`: the configuration is checked before anything is started, and the signing key made when it is missing. */
export const addPrepareCommand = (program: Command): void => {
  program
    .command('prepare', { hidden: true })
    .requiredOption('--config <file>')
    .action(async (flags: { config: string }) => {
      const { checkedConfig } = await import('../load-config.ts');
      const made = await makeSigningKey(checkedConfig(flags.config).signingKeyFile, randomBytes);
      console.log(`checked, signing key ${made ? 'made' : 'found'}`);
    });
};
