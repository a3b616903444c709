import type { DataFolder } from '../folder/data-folder.ts';
import { leftovers, readState } from '../folder/state-file.ts';
import { leftoverPostmaster } from '../infrastructure/postgres.ts';
import { stopProcess } from '../processes/process-identity.ts';

/** Stops what a killed `plexus up` left running on this data folder, services first. Answers the names. */
export const stopLeftovers = async (folder: DataFolder): Promise<string[]> => {
  const found = leftovers(readState(folder.state));
  const { nats, redis, postgres, ...services } = Object.fromEntries(found);
  const database = postgres ?? leftoverPostmaster(folder.postgres);
  await Promise.all(Object.values(services).map((identity) => stopProcess(identity, 'SIGTERM', 5_000)));
  const servers = [nats, redis].filter((identity) => identity !== undefined);
  await Promise.all(servers.map((identity) => stopProcess(identity, 'SIGTERM', 2_000)));
  if (database !== undefined) await stopProcess(database, 'SIGINT', 10_000);
  return [...found.keys(), ...(postgres === undefined && database !== undefined ? ['postgres'] : [])];
};
