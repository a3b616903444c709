import { writePrivateFile } from '../folder/private-file.ts';
import type { ProcessSpec } from '../processes/supervised-process.ts';
import { findExecutables, formatVersion, isAtLeast, type Version, versionOf } from './executables.ts';
import { accepts, speaks } from './tcp.ts';

export interface LocalRedis {
  readonly spec: ProcessSpec;
  readonly url: string;
  readonly version: string;
}

export interface LocalRedisOptions {
  readonly settingsFile: string;
  readonly logFile: string;
  readonly port: number;
  readonly password: string;
}

const oldest: Version = [6, 2, 0];

/** How to get one, for who has none. */
export const redisAdvice =
  'apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS), or name a running one with --redis URL';

/** A Redis of this machine that keeps nothing on disk; undefined when none is installed. */
export const prepareRedis = async (options: LocalRedisOptions): Promise<LocalRedis | undefined> => {
  const found = await findRedis();
  if (found === undefined) return undefined;
  writePrivateFile(options.settingsFile, redisSettings(options));
  return {
    spec: {
      name: 'redis',
      command: found.executable,
      args: [options.settingsFile],
      logFile: options.logFile,
      tethered: false,
      stopSignal: 'SIGTERM',
      readyWithinMs: 30_000,
      isReady: () => accepts({ host: '127.0.0.1', port: options.port }),
      // Without the password the answer is a refusal, which is one.
      isAlive: () => speaks({ host: '127.0.0.1', port: options.port }, Buffer.from('PING\r\n'), 2_000),
    },
    url: `redis://:${options.password}@127.0.0.1:${options.port}`,
    version: formatVersion(found.version),
  };
};

export const findRedis = async (): Promise<{ executable: string; version: Version } | undefined> => {
  const found = findExecutables('redis-server', ['/opt/homebrew/bin', '/usr/sbin']);
  for (const executable of found) {
    const version = await versionOf(executable);
    if (version !== undefined && isAtLeast(version, oldest)) return { executable, version };
  }
  return undefined;
};

const redisSettings = ({ port, password }: LocalRedisOptions): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    // What it holds may be forgotten.
    'save ""',
    'appendonly no',
    'maxmemory 128mb',
    'maxmemory-policy volatile-lru',
    '',
  ].join('\n');
