import type { ChainIndex, ChainPlace } from './chain-index.ts';
import { highest, Reach } from './reach.ts';

/**
 * The events of the cover on paths from one of the places `from` to one of `to`, ends included. Of each chain these are a range: below the
 * highest that is reached, above the lowest that leads on.
 */
export async function conflictedSubgraph(
  index: ChainIndex,
  { from, to }: { readonly from: readonly ChainPlace[]; readonly to: readonly ChainPlace[] },
): Promise<number[]> {
  const reach = new Reach(index);
  await reach.load(highest(from));
  const tops = reach.from(highest(from));
  const ranges = [...reach.lowestAbove(to)].flatMap(([chain, lowest]) => {
    const top = tops.get(chain) ?? 0;
    return top < lowest ? [] : [{ chain, from: lowest - 1, to: top }];
  });
  return ranges.length === 0 ? [] : (await index.events(ranges)).map(({ event }) => event);
}
