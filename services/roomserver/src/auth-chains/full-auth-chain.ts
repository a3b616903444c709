import type { ChainIndex, ChainPlace, CoveredEvent } from './chain-index.ts';
import { highest, Reach } from './reach.ts';

/** All that is reached from `above`, those only when others lead to them, and all that is reached from `at`, those included. */
export async function fullAuthChain(
  index: ChainIndex,
  { above, at }: { readonly above: readonly ChainPlace[]; readonly at: readonly ChainPlace[] },
): Promise<readonly CoveredEvent[]> {
  const reach = new Reach(index);
  // Below the highest of a chain is all that the others of it lead to.
  const [firstAbove, firstAt] = [highest(above), highest(at)];
  await reach.load([...firstAbove, ...firstAt]);
  const tops = reach.from([...reach.next(firstAbove), ...firstAt]);
  const ranges = [...tops].map(([chain, to]) => ({ chain, from: 0, to }));
  return ranges.length === 0 ? [] : index.events(ranges);
}
