import { readFileSync } from 'node:fs';
import type { PlexusConfig } from '@plexus/config';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { dataFolder } from '../folder/data-folder.ts';
import { lockHolder } from '../folder/lock-file.ts';
import { readState } from '../folder/state-file.ts';

/** Which installation a command looks after. */
export interface InstallationFlags {
  readonly data?: string;
  readonly config?: string;
}

/** What is known of it. */
export interface Installation {
  readonly serverName: string;
  readonly postgresUrl: string;
  /** gRPC addresses of userapi; none when it shares a process with whoever asks it. */
  readonly userapi: readonly string[];
  readonly replicas: 'listed' | 'dns';
  readonly rpcToken: string | undefined;
  /** Of services that were started with a configuration; undefined for a `plexus up`. */
  readonly config: PlexusConfig | undefined;
}

/** Adds the flags that say which installation is meant. */
export const withInstallationFlags = (command: Command): Command =>
  command
    .option('--data <dir>', 'data folder of the plexus up that runs (default: "data")')
    .option(
      '--config <file>',
      'configuration of services that run otherwise; in their containers the variable PLEXUS_CONFIG is enough',
    );

/**
 * The installation of a configuration, else of the data folder that is named, else of PLEXUS_CONFIG, else of the folder `data`.
 * @throws CliError when there is none
 */
export const installationOf = async ({ data, config }: InstallationFlags): Promise<Installation> => {
  const isConfigured = config !== undefined || (data === undefined && process.env['PLEXUS_CONFIG'] !== undefined);
  return isConfigured ? configured(config) : running(data ?? 'data');
};

/** Any configuration that `plexus run` takes. */
const configured = async (file: string | undefined): Promise<Installation> => {
  const config = (await import('../load-config.ts')).checkedConfig(file);
  const { userapi } = config.services;
  return {
    serverName: config.serverName,
    postgresUrl: config.postgres.url,
    userapi: userapi?.rpc ?? [],
    replicas: userapi?.replicas ?? 'listed',
    rpcToken: config.rpc.token,
    config,
  };
};

/** The `plexus up` that runs on the folder. @throws CliError when none runs */
const running = (data: string): Installation => {
  const folder = dataFolder(data);
  const state = readState(folder.state);
  const address = state?.services?.['userapi']?.rpc[0];
  const { serverName, postgresUrl } = state ?? {};
  const isRunning = lockHolder(folder.lock) !== undefined;
  if (!isRunning || serverName === undefined || postgresUrl === undefined || address === undefined)
    throw new CliError(
      `no plexus up runs on ${folder.root}; start it, name its folder with --data, or the configuration of services that run otherwise with --config`,
    );
  const rpcToken = tokenIn(folder.config);
  return { serverName, postgresUrl, userapi: [address], replicas: 'listed', rpcToken, config: undefined };
};

const tokenIn = (configFile: string): string | undefined => {
  const config: unknown = JSON.parse(readFileSync(configFile, 'utf8'));
  const rpc = typeof config === 'object' && config !== null && 'rpc' in config ? config.rpc : undefined;
  const token = typeof rpc === 'object' && rpc !== null && 'token' in rpc ? rpc.token : undefined;
  return typeof token === 'string' ? token : undefined;
};
