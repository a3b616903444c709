import { isTemporary, type Logger } from '@plexus/observability';
import { DatabaseError } from '@plexus/postgres';

const firstRetryMs = 100;
const longestRetryMs = 2_000;

export interface Waiting {
  readonly log: Logger;
  /** Said once, when the first try fails. */
  readonly message: string;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does work that a service begins with, again and again while a store or another service that it needs is away.
 * @throws what the work throws for another reason, and the reason of the signal
 */
export async function untilAnswered<T>(work: () => Promise<T>, { log, message, signal }: Waiting): Promise<T> {
  for (let failures = 0; ; failures++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      if (failures === 0) log.warn({ error }, message);
    }
    await pause(Math.min(firstRetryMs * 2 ** failures, longestRetryMs), signal);
  }
}

/** A connection that is refused, for a password that is being changed, is worth waiting for too. */
function isAway(error: unknown): boolean {
  return isTemporary(error) || (error instanceof DatabaseError && error.statement === 'connect');
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal?.addEventListener('abort', wake);
  });
}
