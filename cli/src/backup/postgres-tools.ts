import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { CliError } from '../cli-error.ts';
import { findExecutables, parseVersion, versionOf } from '../infrastructure/executables.ts';

export type PostgresTool = 'pg_dump' | 'pg_restore';

const usualFolders = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin'];

/** The oldest of the installed that is not older than the server: it reads this server, and others read what it writes. */
export const findPostgresTool = async (name: PostgresTool, serverMajor: number): Promise<string> => {
  const paths = findExecutables(
    name,
    usualFolders.flatMap((pattern) => globSync(pattern)),
  );
  const versions = await Promise.all(paths.map(versionOf));
  const fitting = paths
    .map((path, index) => ({ path, major: versions[index]?.[0] ?? 0 }))
    .filter(({ major }) => major >= serverMajor)
    .toSorted((a, b) => a.major - b.major)[0];
  if (fitting === undefined)
    throw new CliError(
      `${name} of PostgreSQL ${serverMajor} or newer is missing: apt-get install postgresql-client-${serverMajor} (Debian, Ubuntu), brew install postgresql@${serverMajor} (macOS)`,
    );
  return fitting.path;
};

/** @throws CliError with the last lines that the tool said */
export const runPostgresTool = async (path: string, args: readonly string[], url: string): Promise<string> => {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...connection(url) } });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new CliError(`${path} failed: ${errors.trim().split('\n').slice(-3).join('; ')}`);
  return output;
};

/** As environment: arguments can be read by every user of the machine, and this holds a password. */
const connection = (url: string): NodeJS.ProcessEnv => {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const parts: Record<string, string | undefined> = {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname.replace(/^\[|\]$/g, '')),
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: searchParams.get('sslmode') ?? undefined,
    PGSSLROOTCERT: searchParams.get('sslrootcert') ?? undefined,
    PGAPPNAME: 'plexus backup',
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== ''));
};

export const majorOf = (serverVersion: string): number => parseVersion(serverVersion)?.[0] ?? 0;
