import { processMetrics } from './catalogue/index.ts';
import { gauge } from './metrics.ts';
import type { Observability } from './types.ts';

/** Shows with which key this process signs: an alert compares processes and times. The begin of the public half tells keys of one id apart. */
export function showSigningKey(observability: Observability, key: { keyId: string; publicKey: string }): void {
  gauge(observability, processMetrics.signingKeyInfo).set({ key: `${key.keyId} ${key.publicKey.slice(0, 8)}` }, 1);
}
