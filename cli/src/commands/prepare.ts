import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { dataFolder } from '../folder/data-folder.ts';
import { makeFederationCertificate } from '../up/federation-certificate.ts';
import { prepareSigningKey } from '../up/signing-key.ts';

/** Part of `plexus up`: the configuration is checked before anything is started, and the signing key made when it is missing. */
export const addPrepareCommand = (program: Command): void => {
  program
    .command('prepare', { hidden: true })
    .requiredOption('--config <file>')
    .requiredOption('--data <folder>')
    .option('--new-signing-key')
    .action(async (flags: { config: string; data: string; newSigningKey?: boolean }) => {
      const [{ checkedConfig }, { checkNamedFiles }] = await Promise.all([
        import('../load-config.ts'),
        import('../named-files.ts'),
      ]);
      const config = checkedConfig(flags.config);
      const folder = dataFolder(flags.data);
      const key = await prepareSigningKey({
        file: config.signingKeyFile,
        knownKeysFile: folder.knownKeys,
        isInUse: existsSync(folder.serverName),
        beginAnew: flags.newSigningKey === true,
        random: randomBytes,
        now: Date.now(),
      });
      await makeFederationCertificate(config, folder.federationTls, Date.now());
      await checkNamedFiles(config);
      console.log(`checked, signing key ${key}`);
    });
};
