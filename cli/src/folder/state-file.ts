import { existsSync, readFileSync } from 'node:fs';
import { messageOf } from '../cli-error.ts';
import { isRunning, type ProcessIdentity } from '../processes/process-identity.ts';
import { writePrivateFile } from './private-file.ts';

/** DIR/run/state.json: where everything of a running `plexus up` is found. */
export interface UpState {
  readonly serverName: string;
  readonly clientUrl: string;
  readonly federationUrl: string;
  /** By process: `all`, or one a service. */
  readonly metricsUrls: Readonly<Record<string, string>>;
  readonly postgresUrl: string;
  readonly natsUrl: string;
  /** Absent: kept in the memory of the one process. */
  readonly redisUrl?: string | undefined;
  /** Loopback addresses of every service. */
  readonly services: Readonly<Record<string, { readonly rpc: readonly string[]; readonly http: readonly string[] }>>;
  readonly ports: Readonly<Record<string, number>>;
  /** By service name, also up, postgres, nats and redis; those that run elsewhere have none. */
  readonly pids: Readonly<Record<string, number>>;
  /** The same processes by the name they are supervised under, such that a reused pid is not mistaken for one of them. */
  readonly processes: Readonly<Record<string, ProcessIdentity>>;
}

export interface StateFile {
  /** What is known before the first process is started. */
  describe(facts: Omit<UpState, 'pids' | 'processes'>): void;
  /** A process was started, or has ended. */
  setProcess(name: string, identity: ProcessIdentity | undefined): void;
}

/**
 * Keeps the file current: it is written whole with every change. A write that fails is said and tried again with the next change.
 * @param services which services a supervised process holds; `all` holds every one.
 */
export const openStateFile = (
  file: string,
  self: ProcessIdentity,
  services: (processName: string) => readonly string[],
  line: (text: string) => void = () => undefined,
): StateFile => {
  let isStale = false;
  let facts: Omit<UpState, 'pids' | 'processes'> | undefined;
  const processes = new Map<string, ProcessIdentity>([['up', self]]);
  const write = (): void => {
    const pids = [...processes].flatMap(([name, { pid }]) => services(name).map((service) => [service, pid] as const));
    const state = { ...facts, pids: Object.fromEntries(pids), processes: Object.fromEntries(processes) };
    try {
      writePrivateFile(file, `${JSON.stringify(state, null, 2)}\n`);
      isStale = false;
    } catch (error) {
      // What runs goes on; the next start finds PostgreSQL by its own pid file, and services end with their supervisor.
      if (!isStale) line(`${file} is not current any more: ${messageOf(error)}`);
      isStale = true;
    }
  };
  return {
    describe(known) {
      facts = known;
      write();
    },
    setProcess(name, identity) {
      if (identity === undefined) processes.delete(name);
      else processes.set(name, identity);
      write();
    },
  };
};

export const readState = (file: string): Partial<UpState> | undefined => {
  if (!existsSync(file)) return undefined;
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined; // Older than a power failure: there is nothing to be learned from it.
  }
};

/** Processes of a former run that are still there. */
export const leftovers = (state: Partial<UpState> | undefined): Map<string, ProcessIdentity> =>
  new Map(Object.entries(state?.processes ?? {}).filter(([name, identity]) => name !== 'up' && isRunning(identity)));
