import type { StatePlace } from '../state-store/state-store.ts';
import type { ChainPlace } from './chain-index.ts';

/** An event that is to be put into the chain cover, with those of its auth_events that are in it or come before it in the list. */
export interface UncoveredEvent extends StatePlace {
  readonly event: number;
  readonly authEvents: readonly number[];
}

/** An event's row in the index: its place, and the auth events that the place does not imply. */
export interface ChainRow extends ChainPlace {
  readonly event: number;
  readonly links: readonly number[];
}

/** What is in the cover of the auth events of those that are to be put into it. */
export interface KnownCover {
  readonly events: ReadonlyMap<number, ChainPlace & StatePlace>;
  /** Sequence of the last event of each of their chains. */
  readonly lastOf: ReadonlyMap<number, number>;
  /** How far those chains lead up others by their links: by chain, by target chain. */
  readonly linked: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/**
 * Puts events into the chain cover, those that others cite before these. An event goes on the chain of the one that it follows in its own
 * place of the state, when that is the end of its chain, and begins a chain otherwise: power levels and each user's memberships are a chain
 * each as long as nothing forks. Links are left out where the chain leads as far already, so a chain of 10,000 power levels of one
 * administrator has one.
 */
export function coverEvents(events: readonly UncoveredEvent[], known: KnownCover): ChainRow[] {
  const covered = new Map(known.events);
  const lastOf = new Map(known.lastOf);
  const linked = new Map([...known.linked].map(([chain, targets]) => [chain, new Map(targets)]));
  return events.map(({ event, type, stateKey, authEvents }) => {
    const cited = authEvents.flatMap((authEvent) => {
      const place = covered.get(authEvent);
      return place === undefined ? [] : [{ event: authEvent, ...place }];
    });
    const followed = cited.find(
      (each) => each.type === type && each.stateKey === stateKey && each.sequence === lastOf.get(each.chain),
    );
    const place = followed === undefined ? { chain: event, sequence: 1 } : after(followed);
    const targets = linked.get(place.chain) ?? new Map<number, number>();
    linked.set(place.chain, targets);
    const links: number[] = [];
    for (const each of cited.toSorted((a, b) => b.sequence - a.sequence)) {
      if (each.chain === place.chain || each.sequence <= (targets.get(each.chain) ?? 0)) continue;
      targets.set(each.chain, each.sequence);
      links.push(each.event);
    }
    covered.set(event, { ...place, type, stateKey });
    lastOf.set(place.chain, place.sequence);
    return { event, ...place, links };
  });
}

function after({ chain, sequence }: ChainPlace): ChainPlace {
  return { chain, sequence: sequence + 1 };
}
