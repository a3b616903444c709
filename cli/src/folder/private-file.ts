import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that only its owner reads, whole or not at all: readers see the old content or the new.
 * @throws Error of the file system; the old content is there then, and nothing else
 */
export const writePrivateFile = (file: string, content: string): void => {
  const next = `${file}.${process.pid}.new`;
  try {
    const descriptor = openSync(next, 'w', 0o600);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
};
