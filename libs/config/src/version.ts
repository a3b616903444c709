import { execFileSync } from 'node:child_process';
import packageJson from '../package.json' with { type: 'json' };

/** Set when an image is built, where there is no repository to ask. */
const variable = 'PLEXUS_VERSION';
let known: string | undefined;

/** The version of this program: the release's, and which commit it is when it is no release. */
export function productVersion(): string {
  known ??= versionFrom(process.env[variable] || describedCommit(), packageJson.version);
  return known;
}

/**
 * A version in the form of SemVer from what `git describe` says: `v1.2.3`, `v1.2.3-4-g0a1b2c3`, or a commit alone, each perhaps `-dirty`.
 * @param base version of the packages, for a commit that no release comes before.
 */
export function versionFrom(described: string | undefined, base: string): string {
  if (described === undefined) return base;
  const isDirty = described.endsWith('-dirty');
  const clean = isDirty ? described.slice(0, -'-dirty'.length) : described;
  const release = /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+?)?)(?:-(\d+)-(g[0-9a-f]+))?$/.exec(clean);
  const metadata = [
    ...(release === null ? [`g${clean.replaceAll(/[^0-9A-Za-z]/g, '')}`] : release.slice(2).filter(Boolean)),
    ...(isDirty ? ['dirty'] : []),
  ];
  return [release?.[1] ?? base, ...(metadata.length > 0 ? [metadata.join('.')] : [])].join('+');
}

function describedCommit(): string | undefined {
  const args = ['describe', '--tags', '--match', 'v[0-9]*', '--always', '--dirty', '--abbrev=10'];
  try {
    const described = execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return described.trim() || undefined;
  } catch {
    return undefined; // No repository, or no git.
  }
}
