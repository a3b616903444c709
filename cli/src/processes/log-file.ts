import { copyFileSync, existsSync, openSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';

const largestBytes = 32 * 1024 * 1024;

/** Opens a log for appending, readable by its owner alone. A log that is full becomes FILE.1 first. */
export const openLog = (file: string): number => {
  if (existsSync(file) && statSync(file).size > largestBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
};

/** Copies a full log to FILE.1 and empties it while its process goes on writing (it appends, so the next line starts at 0). */
export const rotateLog = (file: string): void => {
  if (!existsSync(file) || statSync(file).size <= largestBytes) return;
  try {
    copyFileSync(file, `${file}.1`);
  } catch {
    // No room for the copy: the room that the log takes is worth more than its lines.
    rmSync(`${file}.1`, { force: true });
  }
  truncateSync(file, 0);
};
