import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from '../cli-error.ts';
import { findExecutables } from './executables.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Whom PostgreSQL runs as: undefined when this process is not root and simply runs it itself. */
export const postgresUser = (): SystemUser | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const user = parsePasswd(passwd, name);
    if (user !== undefined && user.uid > 0) return user;
  }
  throw new CliError(
    'PostgreSQL refuses to run as root, and there is no user postgres or nobody: useradd --system postgres',
  );
};

export const parsePasswd = (passwd: string, name: string): SystemUser | undefined => {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find((entry) => entry[0] === name);
  if (fields === undefined) return undefined;
  const [uid, gid] = [Number(fields[2]), Number(fields[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { name, uid, gid } : undefined;
};

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * A command that runs as the user. Where a folder above one of the paths is closed to that user (a checkout under /root), the
 * process is given the one capability that lets it read and pass through folders, and nothing else of root's.
 */
export const commandAs = (
  user: SystemUser | undefined,
  command: string,
  args: readonly string[],
  paths: readonly string[],
): Command => {
  if (user === undefined) return { command, args };
  const closed = [command, ...paths].map((path) => closedFolder(path, user)).find((folder) => folder !== undefined);
  if (closed === undefined) return { command, args, uid: user.uid, gid: user.gid };
  const setpriv = findExecutables('setpriv')[0];
  if (setpriv === undefined)
    throw new CliError(`PostgreSQL runs as user ${user.name}, to whom ${closed} is closed: chmod o+x ${closed}`);
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const capability = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return { command: setpriv, args: [...identity, ...capability, command, ...args] };
};

const closedFolder = (path: string, user: SystemUser): string | undefined => {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return undefined;
};
