const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a folder and not a file',
  ENOTDIR: 'does not exist: a part of its path is no folder',
};

/** Why a file that the configuration names cannot be read, as the rest of a sentence that begins with the key. */
export function fileProblem(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return `the file ${file} ${reasons[code] ?? `cannot be read (${code})`}`;
}
