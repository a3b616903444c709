import { AsyncLocalStorage } from 'node:async_hooks';

export interface CallOptions {
  /** Milliseconds for each call, instead of the client's default. */
  readonly timeoutMs?: number;
  /** Aborted: calls in flight end with CANCELLED, and the other side is told. */
  readonly signal?: AbortSignal;
}

interface Scope extends CallOptions {
  hasEnded: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Makes calls inside of work under other terms than the client's own. The terms end with the work: what it leaves running behind it
 * (a loop, a batch for others too) goes on under the usual ones.
 */
export async function withCallOptions<T>(options: CallOptions, work: () => Promise<T>): Promise<T> {
  const scope: Scope = { ...options, hasEnded: false };
  try {
    return await scopes.run(scope, work);
  } finally {
    scope.hasEnded = true;
  }
}

export function callOptions(): CallOptions | undefined {
  const scope = scopes.getStore();
  return scope === undefined || scope.hasEnded ? undefined : scope;
}
