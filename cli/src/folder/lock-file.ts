import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { CliError } from '../cli-error.ts';
import { identify, isRunning, type ProcessIdentity } from '../processes/process-identity.ts';

export interface HeldLock {
  release(): void;
}

/**
 * Takes the lock of a data folder for this process. A lock whose process is gone is taken over.
 * @throws CliError when another process holds it.
 */
export const takeLock = (file: string, self: ProcessIdentity | undefined = identify(process.pid)): HeldLock => {
  if (self === undefined)
    throw new CliError('cannot tell when this process was started (is /proc mounted, or ps on PATH?)');
  const own = `${file}.${self.pid}`;
  const content = JSON.stringify(self);
  writeFileSync(own, content, { mode: 0o600 });
  try {
    // A link is made whole or not at all, unlike a file that is created and then written.
    while (!tryLink(own, file)) {
      const found = readIfPresent(file);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder !== undefined && isRunning(holder)) throw heldBy(holder);
      removeStale(file, found, own);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return {
    release() {
      if (readIfPresent(file) === content) unlinkSync(file);
    },
  };
};

const heldBy = (holder: ProcessIdentity): CliError =>
  new CliError(`another plexus up (pid ${holder.pid}) runs on this data folder`);

/** Between reading a stale lock and removing it another process may have taken it over: then it is put back. */
const removeStale = (file: string, stale: string, own: string): void => {
  const aside = `${own}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== stale) tryLink(aside, file);
  unlinkSync(aside);
};

const tryLink = (from: string, to: string): boolean => {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
};

const readIfPresent = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** The process that holds the lock of a data folder, if any does. */
export const lockHolder = (file: string): ProcessIdentity | undefined => {
  const holder = parseHolder(readIfPresent(file) ?? '');
  return holder !== undefined && isRunning(holder) ? holder : undefined;
};

const parseHolder = (content: string): ProcessIdentity | undefined => {
  try {
    const parsed: unknown = JSON.parse(content);
    if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || !('startedAt' in parsed))
      return undefined;
    const { pid, startedAt } = parsed;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined; // Cut short by a power failure.
  }
};

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
