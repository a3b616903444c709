import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner reads, whole or not at all: readers see the old content or the new. */
export const writePrivateFile = (file: string, content: string): void => {
  const next = `${file}.${process.pid}.new`;
  const descriptor = openSync(next, 'w', 0o600);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(next, file);
};
