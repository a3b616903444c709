import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../cli-error.ts';
import { checkout } from '../infrastructure/checkout.ts';
import { findExecutables, run } from '../infrastructure/executables.ts';

/** A program that tests need and that neither npm nor PyPI carries. */
interface Prerequisite {
  readonly command: string;
  readonly debianPackage: string;
  /** Whether tests of today need it. */
  isNeeded(): boolean;
}

const prerequisites: readonly Prerequisite[] = [
  { command: 'redis-server', debianPackage: 'redis-server', isNeeded: () => true },
  { command: 'prometheus', debianPackage: 'prometheus', isNeeded: () => true },
  { command: 'dockerd', debianPackage: 'docker.io', isNeeded: () => true },
  { command: 'docker-compose', debianPackage: 'docker-compose', isNeeded: () => true },
  { command: 'ngircd', debianPackage: 'ngircd', isNeeded: () => true },
  { command: 'debootstrap', debianPackage: 'debootstrap', isNeeded: () => true },
  { command: 'nginx', debianPackage: 'nginx', isNeeded: () => true },
  { command: 'caddy', debianPackage: 'caddy', isNeeded: () => true },
  { command: 'apache2', debianPackage: 'apache2', isNeeded: () => true },
  { command: 'haproxy', debianPackage: 'haproxy', isNeeded: () => true },
  { command: 'systemd-analyze', debianPackage: 'systemd', isNeeded: () => true },
  { command: 'openssl', debianPackage: 'openssl', isNeeded: () => true },
  {
    command: 'chromium',
    debianPackage: 'chromium',
    isNeeded: () => readFileSync(join(checkout, 'e2e', 'package.json'), 'utf8').includes('"playwright-core"'),
  },
];

/** Where Debian puts servers, which is not in everybody's PATH. */
const systemFolders = ['/usr/sbin', '/sbin'];

/**
 * Installs what is missing where that is possible (root, and apt).
 * @returns one sentence for each that is still missing.
 */
export const installPrerequisites = async (line: (text: string) => void): Promise<string[]> => {
  const missing = prerequisites.filter(
    ({ command, isNeeded }) => isNeeded() && findExecutables(command, systemFolders).length === 0,
  );
  if (missing.length === 0) return [];
  const packages = missing.map(({ debianPackage }) => debianPackage);
  const command = `apt-get install -y ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return missing.map((one) => sentence(one, `install it, for example: ${command}`));
  line(`installing ${packages.join(', ')}`);
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    await run('apt-get', ['update'], { env, maxBuffer: 1 << 26 });
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env, maxBuffer: 1 << 26 });
  } catch (error) {
    return missing.map((one) => sentence(one, `and "${command}" failed: ${messageOf(error).slice(0, 300)}`));
  }
  return missing
    .filter((one) => findExecutables(one.command, systemFolders).length === 0)
    .map((one) => sentence(one, `although "${command}" went well`));
};

const sentence = ({ command }: Prerequisite, rest: string): string => `${command} is missing: ${rest}`;
