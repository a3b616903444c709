/** A failure with a sentence for the person at the terminal. Exit code 2: the configuration or the command line is wrong, nothing was started. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'is closed to this user: run the command as its owner, or give it to this user',
  EPERM: 'may not be changed by this user: run the command as its owner, or give it to this user',
  EROFS: 'is on a file system that takes no writes',
  ENOSPC: 'cannot be written: its disk is full; make room on it',
  EDQUOT: "cannot be written: this user's share of the disk is used up; make room on it",
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is no folder',
  EISDIR: 'is a folder and not a file',
  EMFILE: 'cannot be opened: this process may open no more files (ulimit -n)',
};

/** The text of whatever was thrown, in one line; of what the system refuses a sentence that names the file or the port. */
export const messageOf = (error: unknown): string =>
  systemSentence(error) ??
  (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s*\n\s*/g, '; ');

const systemSentence = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  if (error.code === 'EADDRINUSE' && 'port' in error)
    return `port ${String(error.port)}${'address' in error ? ` of ${String(error.address)}` : ''} is taken: stop what listens there, or choose another`;
  if (error.code === 'ENOSPC' && !('path' in error)) return 'the disk is full: make room on it';
  const reason = reasons[error.code];
  return reason !== undefined && 'path' in error ? `${String(error.path)} ${reason}` : undefined;
};
