import type { PlexusConfig } from '@plexus/config';
import type { UserapiService } from '@plexus/contracts/userapi';
import { CliError } from '../cli-error.ts';
import { accepts } from '../infrastructure/tcp.ts';
import { type Installation, type InstallationFlags, installationOf } from './installation-of-flags.ts';

export interface Administered {
  readonly userapi: UserapiService;
  readonly serverName: string;
}

const TIMEOUT_MS = 15_000;

/**
 * Does work with userapi's calls, wherever userapi is: at its addresses; at the port of the process that holds all services; or, when that has
 * none or does not run, in this process, on the same stores. @throws CliError when there is no such installation or it does not answer
 */
export const withUserapi = async <T>(
  flags: InstallationFlags,
  work: (administered: Administered) => Promise<T>,
): Promise<T> => {
  const installation = await installationOf(flags);
  const { serverName, userapi, config } = installation;
  const call = (client: UserapiService) => explained(() => work({ userapi: client, serverName }));
  if (userapi.length > 0) return connected(installation, userapi, call);
  const own = config && (await portOfProcess(config));
  if (own !== undefined) return connected(installation, [own], call);
  if (config === undefined) throw new CliError('it is not known where userapi is');
  const { withEmbeddedUserapi } = await import('./embedded-userapi.ts');
  return withEmbeddedUserapi(config, call);
};

/** Where the process listens that was started with this configuration; undefined when nothing does. */
const portOfProcess = async ({ listen }: PlexusConfig): Promise<string | undefined> => {
  if (listen.rpc === undefined || listen.rpc.port === 0) return undefined;
  const { port } = listen.rpc;
  const host = ['0.0.0.0', '::'].includes(listen.rpc.host) ? '127.0.0.1' : listen.rpc.host;
  return (await accepts({ host, port })) ? `${host}:${port}` : undefined;
};

const connected = async <T>(
  { replicas, rpcToken: token }: Installation,
  addresses: readonly string[],
  work: (client: UserapiService) => Promise<T>,
): Promise<T> => {
  const [{ connectRpc, listedAddresses, resolvedAddresses }, { UserapiServiceDefinition }, { createObservability }] =
    await Promise.all([import('@plexus/rpc'), import('@plexus/contracts/userapi'), import('@plexus/observability')]);
  const observability = createObservability({ service: 'plexus admin', level: 'error' });
  const source = replicas === 'dns' ? resolvedAddresses(addresses, observability) : listedAddresses(addresses);
  const connection = connectRpc(UserapiServiceDefinition, source, {
    defaultTimeoutMs: TIMEOUT_MS,
    token,
    observability,
  });
  try {
    return await work(connection.client);
  } finally {
    connection.close();
    await observability.shutdown();
  }
};

/** What a call that fails means for the person at the terminal. */
const explained = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const { RpcError } = await import('@plexus/rpc');
    if (!(error instanceof RpcError)) throw error;
    if (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED')
      throw new CliError(
        'userapi does not answer: it does not run there, rpc.token is not that of the server, or its database is away; plexus doctor says what is wrong',
      );
    throw error;
  }
};
