import { type PlexusConfig, readSigningKeys } from '@plexus/config';
import { CliError } from '../cli-error.ts';
import { accepts } from '../infrastructure/tcp.ts';
import { checkedConfig } from '../load-config.ts';
import { type Finding, type Look, lookAt } from './finding.ts';
import { lookAtNode } from './machine.ts';
import { looksOutside } from './outside.ts';
import { openPostgresLooks } from './postgres.ts';
import { type Clocks, looksAtStores } from './stores.ts';

/**
 * Everything that a whole configuration names: what it stands on, its key, its services, and how the outside finds them.
 * @param file undefined: the environment holds the configuration.
 */
export const examineInstallation = async (
  file: string | undefined,
  skipped: ReadonlySet<string>,
): Promise<Finding[]> => {
  let config: PlexusConfig;
  try {
    config = checkedConfig(file);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return error.message.split('\n').map((detail) => ({ name: 'config', ok: false, detail }));
  }
  const clocks: Clocks = new Map();
  const postgres = openPostgresLooks(config, clocks);
  const wanted = (looks: Readonly<Record<string, Look>>): Record<string, Look> =>
    Object.fromEntries(Object.entries(looks).filter(([name]) => !skipped.has(name)));
  try {
    const findings = await lookAt(
      wanted({
        node: lookAtNode,
        ...postgres.looks,
        ...looksAtStores(config, clocks),
        'signing-key': async () => lookAtSigningKey(config),
        services: () => lookAtServices(config),
        ...looksOutside(config),
      }),
    );
    return [
      { name: 'config', ok: true, detail: `${file ?? 'of the environment'}, for ${config.serverName}` },
      ...findings,
      ...(await lookAt(wanted({ clock: async () => judgeClocks(clocks) }))),
    ];
  } finally {
    await postgres.close();
  }
};

const lookAtSigningKey = ({ signingKeyFile }: PlexusConfig): string => {
  return `${readSigningKeys(signingKeyFile)
    .map(({ keyId }) => keyId)
    .join(' and ')} in ${signingKeyFile}`;
};

/** Of the processes that the configuration names: this one's own ports are not its to know. */
const lookAtServices = async ({ services }: PlexusConfig): Promise<string> => {
  const places = Object.entries(services).flatMap(([name, peer]) =>
    [...(peer?.rpc ?? []), ...(peer?.http ?? []).map((url) => new URL(url).host)].map((at) => ({ name, at })),
  );
  const silent = await Promise.all(
    places.map(async ({ name, at }) => {
      const { hostname, port } = new URL(`http://${at}`);
      const isThere = await accepts({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
      return isThere ? [] : [`${name} at ${at}`];
    }),
  );
  if (silent.flat().length > 0)
    throw new CliError(
      `nobody listens: ${silent.flat().join(', ')}; start them, or correct services in the configuration`,
    );
  return places.length === 0 ? 'all in one process' : `${places.length} addresses of other processes answer`;
};

const MAX_SKEW_MS = 1_000;

/** @param clocks milliseconds that ours is ahead of each server's. */
const judgeClocks = (clocks: Clocks): string => {
  if (clocks.size === 0) throw new CliError('no server has told its time: see the others');
  const off = [...clocks].filter(([, ahead]) => Math.abs(ahead) > MAX_SKEW_MS);
  const say = ([name, ahead]: readonly [string, number]): string =>
    `${(ahead / 1_000).toFixed(3)} s ahead of ${name}'s`;
  if (off.length > 0)
    throw new CliError(
      `the clock of this machine is ${off.map(say).join(' and ')}: mend time synchronisation (chronyc tracking, timedatectl) on both`,
    );
  return [...clocks].map(say).join(', ');
};
