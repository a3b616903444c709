import { copyFileSync, existsSync, openSync, renameSync, statSync, truncateSync } from 'node:fs';

const largestBytes = 32 * 1024 * 1024;

/** Opens a log for appending, readable by its owner alone. A log that is full becomes FILE.1 first. */
export const openLog = (file: string): number => {
  if (existsSync(file) && statSync(file).size > largestBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
};

/** Copies a full log to FILE.1 and empties it while its process goes on writing (it appends, so the next line starts at 0). */
export const rotateLog = (file: string): void => {
  if (!existsSync(file) || statSync(file).size <= largestBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
};
