import type { ChainIndex, ChainLink, ChainPlace, ChainRange } from './chain-index.ts';

/** How far up each chain is reached: its events up to and including that sequence. */
export type Tops = Map<number, number>;

/** The part of a chain cover that was looked at: all links of what is below the places that were asked for. */
export class Reach {
  readonly #index: ChainIndex;
  /** Of each chain in the order of their sequences. */
  readonly #linksOf = new Map<number, ChainLink[]>();
  readonly #loaded: Tops = new Map();

  constructor(index: ChainIndex) {
    this.#index = index;
  }

  /** Loads the links of all that the places reach, themselves included: a round trip for each chain that is gone through in a row. */
  async load(places: Iterable<ChainPlace>): Promise<void> {
    const wanted: Tops = new Map();
    for (const place of places) raise(wanted, place);
    for (let ranges = this.#missing(wanted); ranges.length > 0; ranges = this.#missing(wanted)) {
      const links = await this.#index.links(ranges);
      for (const { chain, to } of ranges) this.#loaded.set(chain, to);
      for (const link of links) {
        const ofChain = this.#linksOf.get(link.chain);
        if (ofChain === undefined) this.#linksOf.set(link.chain, [link]);
        else ofChain.push(link);
        raise(wanted, link.target);
      }
    }
  }

  /** All that is reached from loaded places, themselves included. */
  from(places: Iterable<ChainPlace>): Tops {
    const tops: Tops = new Map();
    this.extend(tops, places);
    return tops;
  }

  /** Adds what is reached from loaded places, themselves included. */
  extend(tops: Tops, places: Iterable<ChainPlace>): void {
    const rising = [...places];
    for (let place = rising.pop(); place !== undefined; place = rising.pop()) {
      const before = tops.get(place.chain) ?? 0;
      if (place.sequence <= before) continue;
      tops.set(place.chain, place.sequence);
      const links = this.#linksOf.get(place.chain) ?? [];
      for (let i = firstWhere(links, ({ sequence }) => sequence > before); i < links.length; i++) {
        const link = links[i];
        if (link === undefined || link.sequence > place.sequence) break;
        rising.push(link.target);
      }
    }
  }

  /** What loaded places lead to by one link or one step down their chain. */
  next(places: Iterable<ChainPlace>): ChainPlace[] {
    const found: ChainPlace[] = [];
    for (const { chain, sequence } of places) {
      if (sequence > 1) found.push({ chain, sequence: sequence - 1 });
      const links = this.#linksOf.get(chain) ?? [];
      const first = firstWhere(links, (link) => link.sequence >= sequence);
      const end = firstWhere(links, (link) => link.sequence > sequence);
      for (const { target } of links.slice(first, end)) found.push(target);
    }
    return found;
  }

  /** The lowest sequence of each loaded chain from which one of the places is reached. */
  lowestAbove(places: Iterable<ChainPlace>): Map<number, number> {
    const leadingTo = Map.groupBy([...this.#linksOf.values()].flat(), ({ target }) => target.chain);
    for (const links of leadingTo.values()) links.sort((a, b) => a.target.sequence - b.target.sequence);
    const lowest = new Map<number, number>();
    const sinking = [...places];
    for (let place = sinking.pop(); place !== undefined; place = sinking.pop()) {
      const before = lowest.get(place.chain) ?? Number.POSITIVE_INFINITY;
      if (place.sequence >= before) continue;
      lowest.set(place.chain, place.sequence);
      const links = leadingTo.get(place.chain) ?? [];
      const { sequence } = place;
      for (let i = firstWhere(links, ({ target }) => target.sequence >= sequence); i < links.length; i++) {
        const link = links[i];
        if (link === undefined || link.target.sequence >= before) break;
        sinking.push(link);
      }
    }
    return lowest;
  }

  #missing(wanted: Tops): ChainRange[] {
    const ranges: ChainRange[] = [];
    for (const [chain, to] of wanted) {
      const from = this.#loaded.get(chain) ?? 0;
      if (to > from) ranges.push({ chain, from, to });
    }
    return ranges;
  }
}

/** Of each chain the highest of the places, from which the others are reached. */
export function highest(places: Iterable<ChainPlace>): ChainPlace[] {
  const tops: Tops = new Map();
  for (const place of places) raise(tops, place);
  return [...tops].map(([chain, sequence]) => ({ chain, sequence }));
}

export function isBelow({ chain, sequence }: ChainPlace, tops: Tops): boolean {
  return sequence <= (tops.get(chain) ?? 0);
}

function raise(tops: Tops, { chain, sequence }: ChainPlace): void {
  if (sequence > (tops.get(chain) ?? 0)) tops.set(chain, sequence);
}

/** Index of the first of which the condition holds, as it does for all after it. */
function firstWhere<T>(sorted: readonly T[], condition: (item: T) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item === undefined || condition(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
