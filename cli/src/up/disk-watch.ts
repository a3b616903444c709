import { statfsSync } from 'node:fs';

/** Below this a start is worth no try: the stores alone write more in their first minute. */
const leastForStart = 16 * 1024 * 1024;
/** Below this somebody should know. */
const lowBytes = 256 * 1024 * 1024;
const checkMs = 30_000;

/** Bytes that may be written below a folder; undefined when it cannot be told. */
export const freeBytes = (folder: string): number | undefined => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
};

/** What is wrong with the disk of a folder and the way out. */
export const fullDisk = (folder: string, free: number): string =>
  `the disk of ${folder} is ${free < leastForStart ? 'full' : 'almost full'} (${(free / 1_048_576).toFixed(0)} MiB free): make room on it, or move the folder to a larger one`;

/** The sentence for a start that failed for want of room; undefined when there is enough. */
export const wantOfRoom = (folder: string): string | undefined => {
  const free = freeBytes(folder);
  return free !== undefined && free < leastForStart ? fullDisk(folder, free) : undefined;
};

/** Says once when the disk becomes almost full, and once when there is room again. */
export const watchDisk = (folder: string, line: (text: string) => void): { stop(): void } => {
  let isLow = false;
  const look = (): void => {
    const free = freeBytes(folder);
    if (free === undefined || free < lowBytes === isLow) return;
    isLow = free < lowBytes;
    line(isLow ? fullDisk(folder, free) : `there is room again on the disk of ${folder}`);
  };
  look();
  const timer = setInterval(look, checkMs);
  return { stop: () => clearInterval(timer) };
};
