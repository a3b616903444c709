import { isTemporary } from '@plexus/observability';
import type { LogEntry } from './types.ts';

export interface Application<Entry extends LogEntry> {
  apply(entries: readonly Entry[]): Promise<void>;
  park(entry: Entry, error: unknown): Promise<void>;
  loadPosition(): Promise<number>;
  /** Waits before the next try; the number of failures in a row decides how long. */
  pause(failures: number): Promise<void>;
  isStopping(): boolean;
  failed(error: unknown, entries: readonly Entry[]): void;
  parked(entry: Entry, error: unknown): void;
  storageFailed(error: unknown): void;
}

const triesOfABatch = 5;

/**
 * Applies consecutive entries with all their retries; returns the stored position at the end, which is before the last entry only when
 * stopping, and beyond it when another process has applied more.
 *
 * A failure counts only when the storage answers after it and the error does not say that it passes (`retryable`), so an outage parks nothing.
 */
export async function applyEntries<Entry extends LogEntry>(
  entries: readonly Entry[],
  application: Application<Entry>,
): Promise<number> {
  let rest = entries;
  let position = (entries[0]?.position ?? 1) - 1;
  let counted = 0;
  let failures = 0;
  while (rest.length > 0 && !application.isStopping()) {
    const oneByOne = counted >= triesOfABatch;
    const part = oneByOne ? rest.slice(0, 1) : rest;
    const failure = await attempt(() => application.apply(part));
    if (failure === undefined) {
      position = part.at(-1)?.position ?? position;
      rest = rest.slice(part.length);
      failures = 0;
      continue;
    }
    failures += 1;
    application.failed(failure.error, part);
    const stored = await storedPosition(application);
    if (stored === undefined) return position;
    if (stored !== position) {
      // The commit did happen, or another process was faster; a position that went back is for the caller to see.
      if (stored < position) return stored;
      position = stored;
      rest = rest.filter((entry) => entry.position > stored);
      continue;
    }
    if (!isTemporary(failure.error)) counted += 1;
    const [entry] = part;
    if (counted >= triesOfABatch && part.length === 1 && entry !== undefined && !isTemporary(failure.error)) {
      if (await parks(application, entry, failure.error)) {
        position = entry.position;
        rest = rest.slice(1);
        continue;
      }
    }
    await application.pause(failures);
  }
  return position;
}

async function parks<Entry extends LogEntry>(
  application: Application<Entry>,
  entry: Entry,
  error: unknown,
): Promise<boolean> {
  const failure = await attempt(() => application.park(entry, error));
  if (failure === undefined) application.parked(entry, error);
  else application.storageFailed(failure.error);
  return failure === undefined;
}

/** Asks until the storage answers; undefined when stopping. */
async function storedPosition<Entry extends LogEntry>(application: Application<Entry>): Promise<number | undefined> {
  for (let failures = 1; !application.isStopping(); failures += 1) {
    try {
      return await application.loadPosition();
    } catch (error) {
      application.storageFailed(error);
      await application.pause(failures);
    }
  }
  return undefined;
}

async function attempt(work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}
