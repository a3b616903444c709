import type { ServiceRuntime } from '@plexus/service';
import { TypingBroadcast } from './producers/typing.ts';
import { TypingSets } from './storage/typing-sets.ts';

/** What the operations of this service work with. */
export interface TypingContext {
  readonly sets: TypingSets;
  readonly broadcast: TypingBroadcast;
}

/** What this service takes from the process it runs in. */
export type TypingRuntime = Pick<ServiceRuntime, 'ephemeral' | 'streams' | 'clock' | 'observability'>;

export function createContext({ ephemeral, streams, clock, observability }: TypingRuntime): TypingContext {
  const sets = new TypingSets(ephemeral);
  return { sets, broadcast: new TypingBroadcast({ sets, streams, clock, observability }) };
}
