import type { Clock } from './types.ts';

/**
 * What an expensive question answered, asked again when the answer is older than `freshMs`, and once however many ask at the same time. For
 * gauges that count whole tables, whoever scrapes and how often. Undefined while `read` fails, which `onError` hears of.
 */
export function refreshed<Value>(
  read: () => Promise<Value>,
  { freshMs, clock, onError }: { freshMs: number; clock: Clock; onError: (error: unknown) => void },
): () => Promise<Value | undefined> {
  let newest: { readonly at: number; readonly value: Promise<Value | undefined> } | undefined;
  return () => {
    if (newest === undefined || clock.monotonic() - newest.at > freshMs) {
      const value = read().catch((error: unknown) => {
        onError(error);
        return undefined;
      });
      newest = { at: clock.monotonic(), value };
    }
    return newest.value;
  };
}
