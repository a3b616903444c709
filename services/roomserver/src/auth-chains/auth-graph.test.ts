import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateEntry, StatePlace } from '../state-store/state-store.ts';
import { MemoryChainIndex } from '../testing/memory-chain-index.ts';
import { authDifference, type StatesInConflict } from './auth-difference.ts';
import type { ChainIndex } from './chain-index.ts';
import { conflictedSubgraph } from './conflicted-subgraph.ts';
import type { UncoveredEvent } from './cover-events.ts';
import { fullAuthChain } from './full-auth-chain.ts';
import { RememberedChainIndex } from './remembered-chain-index.ts';

/** 10^5 take 20 s; `PLEXUS_TEST_CASES` says how many else. */
const CASES = Number(process.env['PLEXUS_TEST_CASES'] ?? 100_000);

/** Events by number, each citing some of those before it; the order of numbers is that of the graph. */
interface Graph {
  readonly events: readonly UncoveredEvent[];
  /** Numbers of events in each batch in which they came in. */
  readonly batches: readonly number[];
}

type State = ReadonlyMap<string, StateEntry>;

const graphs: fc.Arbitrary<Graph> = fc.record({
  events: fc
    .array(
      fc.record({
        type: fc.integer({ min: 1, max: 3 }),
        stateKey: fc.integer({ min: 1, max: 2 }),
        back: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      }),
      { minLength: 2, maxLength: 18 },
    )
    .map((list) =>
      list.map(({ type, stateKey, back }, index) => ({
        event: index + 1,
        type,
        stateKey,
        authEvents: [...new Set(back.map((steps) => index + 1 - steps).filter((event) => event > 0))],
      })),
    ),
  batches: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
});
/** For each state which of the events of each place it has; 0: none. */
const choices = fc.array(fc.array(fc.nat({ max: 6 }), { minLength: 6, maxLength: 6 }), { minLength: 2, maxLength: 4 });

/** Read through a memory, as those of rooms are. */
function indexOf({ events, batches }: Graph): ChainIndex {
  const index = new MemoryChainIndex();
  let from = 0;
  for (const size of [...batches, events.length]) {
    index.add(events.slice(from, from + size));
    from += size;
  }
  return new RememberedChainIndex(index);
}

const placeOf = ({ type, stateKey }: StatePlace) => `${type} ${stateKey}`;

function statesOf({ events }: Graph, chosen: readonly (readonly number[])[]): State[] {
  const byPlace = Map.groupBy(events, placeOf);
  return chosen.map((picks) => {
    const state = new Map<string, StateEntry>();
    for (const [number, [place, there]] of [...byPlace].entries()) {
      // Mostly the same in all states, so that there is something to agree on.
      const pick = picks[number] ?? 0;
      const entry = pick === 0 ? undefined : there[Math.max(0, there.length - pick)];
      if (entry !== undefined) state.set(place, entry);
    }
    return state;
  });
}

/** Plainly: the events and all that they lead to. */
function walk({ events }: Graph, from: readonly number[]): Set<number> {
  const reached = new Set(from);
  for (const event of reached) for (const authEvent of events[event - 1]?.authEvents ?? []) reached.add(authEvent);
  return reached;
}

const sorted = (events: Iterable<number>) => [...events].sort((a, b) => a - b);

async function placesOf(index: ChainIndex, events: readonly number[]) {
  return [...(await index.places(events)).values()];
}

describe('the chain cover answers as a walk of the graph does', () => {
  it('for the auth difference of states', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, choices, async (graph, chosen) => {
        const index = indexOf(graph);
        const states = statesOf(graph, chosen);
        const isAgreed = (place: string) =>
          states.every((state) => state.get(place)?.event === states[0]?.get(place)?.event);
        const inConflict = states.map((state) =>
          [...state].filter(([place]) => !isAgreed(place)).map(([, { event }]) => event),
        );
        const inQuestion: StatesInConflict = {
          states: await Promise.all(inConflict.map((events) => placesOf(index, events))),
          agreedAt: async (places) =>
            places.flatMap((place) => (isAgreed(placeOf(place)) ? (states[0]?.get(placeOf(place)) ?? []) : [])),
        };
        const difference = await authDifference(index, inQuestion);
        const chains = states.map((state) =>
          walk(
            graph,
            [...state.values()].map(({ event }) => event),
          ),
        );
        const all = new Set(chains.flatMap((chain) => [...chain]));
        expect(sorted(difference)).toEqual(sorted(all).filter((event) => !chains.every((chain) => chain.has(event))));
        expect(sorted(await authDifference(index, inQuestion))).toEqual(sorted(difference));
      }),
      { numRuns: CASES },
    );
  }, 3_600_000);

  it('for auth chains and for the conflicted subgraph', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, fc.array(fc.nat({ max: 17 }), { minLength: 1, maxLength: 5 }), async (graph, picks) => {
        const index = indexOf(graph);
        const events = [...new Set(picks.map((pick) => (pick % graph.events.length) + 1))];
        const places = await placesOf(index, events);
        const direct = events.flatMap((event) => graph.events[event - 1]?.authEvents ?? []);
        const chain = await fullAuthChain(index, { above: places, at: [] });
        expect(sorted(chain.map(({ event }) => event))).toEqual(sorted(walk(graph, direct)));
        const between = sorted(walk(graph, events)).filter((event) =>
          events.some((end) => walk(graph, [event]).has(end)),
        );
        expect(sorted(await conflictedSubgraph(index, { from: places, to: places }))).toEqual(between);
      }),
      { numRuns: CASES },
    );
  }, 3_600_000);
});
