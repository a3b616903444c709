import { accessSync, constants, statfsSync } from 'node:fs';
import { examineRedis } from '@plexus/cache';
import type { PlexusConfig } from '@plexus/config';
import { examineNats } from '@plexus/streams';
import { CliError, messageOf } from '../cli-error.ts';
import type { Look } from './finding.ts';
import { missingStore, placeOf } from './missing-store.ts';

/** Milliseconds that our clock is ahead of a server's, by its name. */
export type Clocks = Map<string, number>;

export const looksAtStores = (config: PlexusConfig, clocks: Clocks): Readonly<Record<string, Look>> => ({
  nats: () => lookAtNats(config, clocks),
  redis: () => lookAtRedis(config, clocks),
  media: async () => lookAtMedia(config),
});

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

const lookAtNats = async ({ nats }: PlexusConfig, clocks: Clocks): Promise<string> => {
  const found = await examineNats(nats, Date.now).catch((error: unknown) => {
    const at = nats.servers.map(placeOf).join(', ');
    throw new CliError(missingStore('NATS', at, 'nats.servers and its token or user', error));
  });
  if (!found.accepted)
    throw new CliError(`${found.version} is older than 2.10.23 and may lose streams when it is killed: upgrade it`);
  if (found.jetStream === undefined)
    throw new CliError(
      `${found.version} without JetStream: start it with jetstream { store_dir: … }, for this account`,
    );
  const { used, limit } = found.jetStream;
  if (limit !== undefined && limit < used + found.wanted - found.reserved)
    throw new CliError(
      `JetStream may store ${gibibytes(limit)}, and the streams reserve ${gibibytes(found.wanted)}: raise max_file_store, or the account's limit`,
    );
  if (found.clock !== undefined) clocks.set('NATS', found.clock.ours - found.clock.server);
  return `${found.version} with JetStream, ${gibibytes(used)} stored, streams reserve ${gibibytes(found.wanted)}${limit === undefined ? '' : ` of ${gibibytes(limit)}`}`;
};

const lookAtRedis = async ({ redis }: PlexusConfig, clocks: Clocks): Promise<string> => {
  if (redis === undefined) return 'none: enough while all services share one process';
  const found = await examineRedis(redis.url, Date.now).catch((error: unknown) => {
    throw new CliError(missingStore('Redis', placeOf(redis.url), 'redis.url', error));
  });
  if (found.problem !== undefined) throw new CliError(found.problem);
  if (found.maxMemory > 0 && found.policy === 'noeviction')
    throw new CliError(
      `${found.version} refuses writes when its ${gibibytes(found.maxMemory)} are full: set maxmemory-policy volatile-lru; everything in it may be forgotten`,
    );
  clocks.set('Redis', found.clock.ours - found.clock.server);
  return `${found.version}, maxmemory ${found.maxMemory === 0 ? 'unlimited' : `${gibibytes(found.maxMemory)}, ${found.policy}`}`;
};

/** Less than this is room for a few uploads of the usual largest size. */
const LEAST_FREE_BYTES = 1_073_741_824;

const lookAtMedia = ({ media: { directory } }: PlexusConfig): string => {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CliError(
      `media.directory: ${messageOf(error)}; make the folder, and let the user of the services write there`,
    );
  }
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < LEAST_FREE_BYTES)
    throw new CliError(`${gibibytes(bavail * bsize)} are free in ${directory}: make room, or move it to a larger disk`);
  return `${directory} takes writes, ${gibibytes(bavail * bsize)} free`;
};
