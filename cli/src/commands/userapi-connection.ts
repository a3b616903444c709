import { readFileSync } from 'node:fs';
import type { UserapiService } from '@plexus/contracts/userapi';
import { CliError } from '../cli-error.ts';
import { dataFolder } from '../folder/data-folder.ts';
import { lockHolder } from '../folder/lock-file.ts';
import { readState } from '../folder/state-file.ts';

/** Where the server runs that a command looks after. */
export interface ServerFlags {
  readonly data: string;
  /** Configuration of services that run elsewhere. */
  readonly config?: string;
}

/** Does work with userapi's calls. @throws CliError when no server runs there */
export const withUserapi = async <T>(flags: ServerFlags, work: (userapi: UserapiService) => Promise<T>): Promise<T> => {
  const { addresses, token } = flags.config === undefined ? whereUserapiIs(flags) : await configured(flags.config);
  const [{ connectRpc }, { UserapiServiceDefinition }, { createObservability }] = await Promise.all([
    import('@plexus/rpc'),
    import('@plexus/contracts/userapi'),
    import('@plexus/observability'),
  ]);
  const observability = createObservability({ service: 'plexus admin', level: 'error' });
  const options = { defaultTimeoutMs: 15_000, token, observability };
  const connection = connectRpc(UserapiServiceDefinition, addresses, options);
  try {
    return await work(connection.client);
  } finally {
    connection.close();
    await observability.shutdown();
  }
};

interface UserapiPlace {
  readonly addresses: readonly string[];
  readonly token: string | undefined;
}

/** The userapi of the `plexus up` that runs on the folder. @throws CliError when none runs */
export const whereUserapiIs = ({ data }: Pick<ServerFlags, 'data'>): UserapiPlace & { readonly serverName: string } => {
  const folder = dataFolder(data);
  const state = readState(folder.state);
  const address = state?.services?.['userapi']?.rpc[0];
  if (lockHolder(folder.lock) === undefined || state?.serverName === undefined || address === undefined)
    throw new CliError(`no plexus up runs on ${folder.root}; start it, or name its folder with --data`);
  return { serverName: state.serverName, addresses: [address], token: rpcToken(folder.config) };
};

const configured = async (file: string): Promise<UserapiPlace> => {
  const config = (await import('../load-config.ts')).checkedConfig(file);
  const addresses = config.services.userapi?.rpc ?? [];
  if (addresses.length === 0) throw new CliError(`services.userapi.rpc: ${file} does not say where userapi is`, 2);
  return { addresses, token: config.rpc.token };
};

const rpcToken = (configFile: string): string | undefined => {
  const config: unknown = JSON.parse(readFileSync(configFile, 'utf8'));
  const rpc = typeof config === 'object' && config !== null && 'rpc' in config ? config.rpc : undefined;
  const token = typeof rpc === 'object' && rpc !== null && 'token' in rpc ? rpc.token : undefined;
  return typeof token === 'string' ? token : undefined;
};
