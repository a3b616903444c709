import type { StateEntry, StatePlace } from '../state-store/state-store.ts';
import type { ChainIndex, ChainPlace, ChainRange, CoveredEvent } from './chain-index.ts';
import { isBelow, Reach, type Tops } from './reach.ts';

export interface StatesInConflict {
  /** For each state its events at the places in conflict. */
  readonly states: readonly (readonly ChainPlace[])[];
  /** What all states have at places, as far as they agree. */
  readonly agreedAt: (places: readonly StatePlace[]) => Promise<readonly StateEntry[]>;
}

/** States between which others get their turn. */
const STATES_AT_ONCE = 16;
/** Events whose citing ones are asked for in one statement. */
const EVENTS_AT_ONCE = 500;

/**
 * The events that are in the full auth chains of some states but not of all.
 *
 * What the events in conflict reach differs in a few ranges of a few chains, found without a look at the events in between. Of these ranges
 * all that an agreed event reaches is in every chain and goes out. The agreed events may be 100,000, so they are not looked at: those are
 * that stand in the places of what is left, and then of what leads there. What was cited long ago is reached from what stands in its own
 * place now, so this ends at once but for events of the branches themselves.
 */
export async function authDifference(index: ChainIndex, { states, agreedAt }: StatesInConflict): Promise<number[]> {
  const reach = new Reach(index);
  await reach.load(states.flat());
  const ranges = await rangesThatDiffer(reach, states);
  if (ranges.length === 0) return [];
  const differing = await index.events(ranges);
  const agreed: Tops = new Map();
  const considered = new Set<number>();
  const considerPlacesOf = async (events: readonly CoveredEvent[]): Promise<void> => {
    const entries = await agreedAt(events);
    const added = entries.map(({ event }) => event).filter((event) => !considered.has(event));
    if (added.length === 0) return;
    for (const event of added) considered.add(event);
    const places = [...(await index.places(added)).values()];
    await reach.load(places);
    reach.extend(agreed, places);
  };
  await considerPlacesOf(differing);
  const left = () => differing.filter((event) => !isBelow(event, agreed));
  await lookAbove(index, { events: left(), agreed, considerPlacesOf });
  return left().map(({ event }) => event);
}

/** Events up to the highest that any state reaches, after the highest that all reach. */
async function rangesThatDiffer(reach: Reach, states: StatesInConflict['states']): Promise<ChainRange[]> {
  const highest: Tops = new Map();
  const common: Tops = new Map();
  for (const [number, state] of states.entries()) {
    if (number % STATES_AT_ONCE === STATES_AT_ONCE - 1) await othersTurn();
    const tops = reach.from(state);
    for (const [chain, top] of tops) highest.set(chain, Math.max(top, highest.get(chain) ?? 0));
    if (number === 0) for (const [chain, top] of tops) common.set(chain, top);
    else for (const [chain, top] of common) common.set(chain, Math.min(top, tops.get(chain) ?? 0));
  }
  return [...highest].flatMap(([chain, to]) => {
    const from = common.get(chain) ?? 0;
    return to > from ? [{ chain, from, to }] : [];
  });
}

interface LookAbove {
  readonly events: readonly CoveredEvent[];
  /** What agreed events reach; it grows. */
  readonly agreed: Tops;
  readonly considerPlacesOf: (events: readonly CoveredEvent[]) => Promise<void>;
}

/** Goes up from events to all that lead to them until nothing is left that no agreed event reaches. */
async function lookAbove(index: ChainIndex, { events: lowest, agreed, considerPlacesOf }: LookAbove): Promise<void> {
  const seen = new Set(lowest.map(({ event }) => event));
  const isOpen = (event: CoveredEvent) => !isBelow(event, agreed);
  for (let level = lowest; level.length > 0; ) {
    const above: CoveredEvent[] = [];
    const consider = async (events: readonly CoveredEvent[]) => {
      const fresh = events.filter((event) => !seen.has(event.event));
      for (const { event } of fresh) seen.add(event);
      if (fresh.length > 0) await considerPlacesOf(fresh);
      above.push(...fresh);
    };
    await consider(await index.events(restOfChains(level)));
    for (let from = 0; from < level.length; from += EVENTS_AT_ONCE) {
      for (let before = Number.MAX_SAFE_INTEGER, more = true; more; ) {
        const open = level.slice(from, from + EVENTS_AT_ONCE).filter(isOpen);
        if (open.length === 0) break;
        const citing = await index.citing(
          open.map(({ event }) => event),
          before,
        );
        more = citing.more;
        before = citing.events.at(-1)?.event ?? before;
        await consider(citing.events);
      }
    }
    level = above.filter(isOpen);
  }
}

function restOfChains(events: readonly CoveredEvent[]): ChainRange[] {
  const lowest = new Map<number, number>();
  for (const { chain, sequence } of events)
    lowest.set(chain, Math.min(sequence, lowest.get(chain) ?? Number.MAX_SAFE_INTEGER));
  return [...lowest].map(([chain, from]) => ({ chain, from, to: MAX_SEQUENCE }));
}

/** Of the integer that sequences are stored as. */
const MAX_SEQUENCE = 2 ** 31 - 1;

function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
