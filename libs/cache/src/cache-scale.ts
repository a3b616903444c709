import type { Observability } from '@plexus/observability';

/** By registry, which a process has one of. */
const scales = new WeakMap<Observability['metrics'], number>();

/** From here on the caches of this process are so many times as large as they say: its memory budget decides. */
export function setCacheScale({ metrics }: Pick<Observability, 'metrics'>, scale: number): void {
  scales.set(metrics, scale);
}

/** What a cache or window that is this large under the usual budget may take in this process. */
export function scaledBytes({ metrics }: Pick<Observability, 'metrics'>, bytes: number): number {
  return Math.max(1, Math.floor(bytes * (scales.get(metrics) ?? 1)));
}
