import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type PlexusConfig, readAuthorities, readSigningKeys, readTlsFiles } from '@plexus/config';
import { CliError, messageOf } from './cli-error.ts';
import { type Selection, serviceNames } from './service-modules.ts';

/** All services, as `plexus run all` starts them. */
const everything: Selection = { services: serviceNames, gateway: true };

/**
 * Reads the files that the configuration names, as far as the selected services need them.
 * @throws CliError with exit code 2 and a line, that begins with the key, for everything that is wrong with them
 */
export const checkNamedFiles = async (config: PlexusConfig, selection: Selection = everything): Promise<void> => {
  const runs = (...names: readonly string[]): boolean => selection.services.some((name) => names.includes(name));
  const { listen, federation } = config;
  const problems: string[] = [];
  const look = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(...(error instanceof Error ? error.message : messageOf(error)).split('\n'));
    }
  };
  if (runs('roomserver', 'federationapi')) await look(() => readSigningKeys(config.signingKeyFile));
  if (runs('mediaapi')) await look(() => checkFolder('media.directory', config.media.directory));
  if (runs('appservice')) await look(() => checkRegistrations(config));
  if (listen.tls !== undefined) {
    const { tls } = listen;
    await look(() => readTlsFiles('listen.tls', tls));
  }
  if (federation.enabled && runs('federationapi')) {
    const { tls, authoritiesFile } = federation;
    if (tls !== undefined) await look(() => readTlsFiles('federation.tls', tls));
    if (authoritiesFile !== undefined) await look(() => readAuthorities(authoritiesFile));
  }
  if (problems.length > 0) throw new CliError(problems.join('\n'), 2);
};

const checkRegistrations = async ({ appservices, serverName }: PlexusConfig): Promise<void> => {
  if (appservices.length === 0) return;
  const { loadRegistrations } = await import('@plexus/appservice');
  await loadRegistrations(appservices, serverName);
};

/** A folder that is missing is made by the service, in the nearest one above that is there. */
const checkFolder = (key: string, folder: string): void => {
  let nearest = folder;
  while (!existsSync(nearest) && nearest !== dirname(nearest)) nearest = dirname(nearest);
  if (!statSync(nearest).isDirectory()) throw new Error(`${key}: ${nearest} is a file and not a folder`);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (error) {
    const isReadOnly = error instanceof Error && 'code' in error && error.code === 'EROFS';
    const reason = isReadOnly ? 'is read-only' : 'takes no files of this user';
    throw new Error(`${key}: the folder ${nearest} ${reason}; let the user of the services write there`, {
      cause: error,
    });
  }
};
