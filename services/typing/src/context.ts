import type { RoomserverService } from '@plexus/contracts/roomserver';
import type { Clock } from '@plexus/observability';
import type { ServiceRuntime } from '@plexus/service';
import { TypingBroadcast } from './producers/typing.ts';
import { PresenceStates } from './storage/presence-states.ts';
import { TypingSets } from './storage/typing-sets.ts';

/** What the operations of this service work with. */
export interface TypingContext {
  readonly sets: TypingSets;
  readonly broadcast: TypingBroadcast;
  readonly presence: PresenceStates;
  readonly roomserver: Pick<RoomserverService, 'queryMemberships'>;
  readonly clock: Clock;
}

/** What this service takes from the process it runs in. */
export type TypingRuntime = Pick<ServiceRuntime, 'ephemeral' | 'streams' | 'clock' | 'observability'> & {
  readonly clients: { readonly roomserver: Pick<RoomserverService, 'queryMemberships'> };
};

export function createContext({ ephemeral, streams, clock, observability, clients }: TypingRuntime): TypingContext {
  const sets = new TypingSets(ephemeral);
  return {
    sets,
    broadcast: new TypingBroadcast({ sets, streams, clock, observability }),
    presence: new PresenceStates(ephemeral),
    roomserver: clients.roomserver,
    clock,
  };
}
