import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/** The paths of a command in the folders of PATH and in `more`, in that order. */
export const findExecutables = (name: string, more: readonly string[] = []): string[] =>
  [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...more]
    .map((folder) => join(folder, name))
    .filter(isExecutable);

export const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

export type Version = readonly [major: number, minor: number, patch: number];

/** The first version number in a text such as "nats-server: v2.15.1" or "postgres (PostgreSQL) 15.18 (Debian …)". */
export const parseVersion = (text: string): Version | undefined => {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
};

export const isAtLeast = (version: Version, oldest: Version): boolean => {
  for (const [index, part] of version.entries()) {
    const wanted = oldest[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
};

export const formatVersion = (version: Version): string => version.join('.');

/** What a command says of its version; undefined when it cannot be run. */
export const versionOf = async (executable: string): Promise<Version | undefined> => {
  try {
    return parseVersion((await run(executable, ['--version'], { cwd: '/' })).stdout);
  } catch {
    return undefined; // Present and not runnable (wrong architecture, missing library): as good as absent.
  }
};
