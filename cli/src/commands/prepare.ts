import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { dataFolder } from '../folder/data-folder.ts';
import { makeFederationCertificate } from '../up/federation-certificate.ts';
import { makeSigningKey } from '../up/signing-key.ts';

/** Part of `plexus up`: the configuration is checked before anything is started, and the signing key made when it is missing. */
export const addPrepareCommand = (program: Command): void => {
  program
    .command('prepare', { hidden: true })
    .requiredOption('--config <file>')
    .requiredOption('--data <folder>')
    .action(async (flags: { config: string; data: string }) => {
      const { checkedConfig } = await import('../load-config.ts');
      const config = checkedConfig(flags.config);
      const made = await makeSigningKey(config.signingKeyFile, randomBytes);
      await makeFederationCertificate(config, dataFolder(flags.data).federationTls, Date.now());
      console.log(`checked, signing key ${made ? 'made' : 'found'}`);
    });
};
