import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const readBytes = 8 * 1024;

/** The last lines of a log, to say why its process ended. JSON lines are shown by their level and message. */
export const logTail = (file: string, lines: number): string[] => {
  if (!existsSync(file)) return [];
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, readBytes));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return lastLines(buffer.toString('utf8'), lines);
  } finally {
    closeSync(descriptor);
  }
};

export const lastLines = (text: string, lines: number): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lines)
    .map(readable);

const readable = (line: string): string => {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return line;
    const cause = 'error' in parsed && typeof parsed.error === 'object' && parsed.error !== null ? parsed.error : {};
    return 'message' in cause ? `${String(parsed.message)}: ${String(cause.message)}` : String(parsed.message);
  } catch {
    return line;
  }
};
