import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { cacheFolder } from './checkout.ts';
import { findExecutables, run } from './executables.ts';
import { installTool, pipTool } from './tool-package.ts';

const heisenbridgeVersion = '1.15.4';
const botSdkVersion = '0.8.0';

/** Real bridges that the tests run, by the variables that tests find them by. */
export const findBridgeTools = async (line: (text: string) => void): Promise<Readonly<Record<string, string>>> => {
  const heisenbridge = await pipTool(`heisenbridge-${heisenbridgeVersion}`, 'heisenbridge', heisenbridgeVersion, {
    dependencies: true,
  });
  const botSdk = await installTool(`matrix-bot-sdk-${botSdkVersion}`, (folder) => installBotSdk(folder, line));
  return { PLEXUS_TEST_HEISENBRIDGE: heisenbridge, PLEXUS_TEST_BOT_SDK: botSdk };
};

const nativeCrypto = '@matrix-org/matrix-sdk-crypto-nodejs';

/** Without its native encryption, which its installation would fetch from elsewhere and which is loaded even where it is not used. */
const installBotSdk = async (folder: string, line: (text: string) => void): Promise<void> => {
  const [npm] = findExecutables('npm');
  if (npm === undefined) throw new CliError('npm is needed to install matrix-bot-sdk');
  line(`installing matrix-bot-sdk ${botSdkVersion} (once)`);
  const without = join(folder, 'without-encryption');
  mkdirSync(without);
  writeFileSync(
    join(without, 'package.json'),
    JSON.stringify({ name: nativeCrypto, version: '0.4.0', main: 'index.js' }),
  );
  writeFileSync(join(without, 'index.js'), 'module.exports = {};\n');
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: { 'matrix-bot-sdk': botSdkVersion, [nativeCrypto]: 'file:without-encryption' },
      overrides: { [nativeCrypto]: `$${nativeCrypto}` },
    }),
  );
  const options = [
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    '--install-links',
    '--loglevel=error',
  ];
  await run(npm, ['install', '--prefix', folder, ...options], {
    cwd: folder,
    maxBuffer: 1 << 26,
    env: { ...process.env, npm_config_cache: process.env['npm_config_cache'] ?? join(cacheFolder, 'npm') },
  });
};
