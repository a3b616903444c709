import type { ChainIndex, ChainLink, ChainPlace, ChainRange, CoveredEvent } from './chain-index.ts';

/** What is known of a chain. */
interface KnownChain {
  /** By sequence; places of the list that were not asked for are empty. */
  readonly events: (CoveredEvent | undefined)[];
  /** The links of its events up to this sequence, in their order. */
  readonly links: ChainLink[];
  linkedTo: number;
  /** Sequence of its last event, once that was asked for. */
  end: number | undefined;
}

/**
 * A chain cover that is read once: resolutions of one room ask again and again for the same part of it, and for thousands of events when it was
 * crafted. For a short time only, in which events that come into the cover are none of those that are asked about.
 */
export class RememberedChainIndex implements ChainIndex {
  readonly #index: ChainIndex;
  readonly #places = new Map<number, ChainPlace>();
  readonly #chains = new Map<number, KnownChain>();

  constructor(index: ChainIndex) {
    this.#index = index;
  }

  places: ChainIndex['places'] = async (events) => {
    const missing = events.filter((event) => !this.#places.has(event));
    if (missing.length > 0)
      for (const [event, place] of await this.#index.places(missing)) this.#places.set(event, place);
    const found = new Map<number, ChainPlace>();
    for (const event of events) {
      const place = this.#places.get(event);
      if (place !== undefined) found.set(event, place);
    }
    return found;
  };

  links: ChainIndex['links'] = async (ranges) => {
    const missing = ranges.flatMap(({ chain, to }) => {
      const { linkedTo } = this.#chain(chain);
      return to > linkedTo ? [{ chain, from: linkedTo, to }] : [];
    });
    if (missing.length > 0)
      for (const link of await this.#index.links(missing)) this.#chain(link.chain).links.push(link);
    for (const { chain, to } of missing) this.#chain(chain).linkedTo = to;
    return ranges.flatMap(({ chain, from, to }) =>
      this.#chain(chain).links.filter(({ sequence }) => sequence > from && sequence <= to),
    );
  };

  events: ChainIndex['events'] = async (ranges) => {
    const missing = ranges.flatMap((range) => this.#missing(range));
    if (missing.length > 0) await this.#load(missing);
    return ranges.flatMap(({ chain, from, to }) =>
      this.#chain(chain)
        .events.slice(from + 1, to + 1)
        .filter((event) => event !== undefined),
    );
  };

  citing: ChainIndex['citing'] = (events, before) => this.#index.citing(events, before);

  /** The range without what is known at its beginning and end. */
  #missing({ chain, from, to }: ChainRange): ChainRange[] {
    const { events, end = to } = this.#chain(chain);
    let [first, last] = [from, Math.min(to, end)];
    while (first < last && events[first + 1] !== undefined) first++;
    while (last > first && events[last] !== undefined) last--;
    return first < last ? [{ chain, from: first, to: last }] : [];
  }

  async #load(ranges: readonly ChainRange[]): Promise<void> {
    for (const event of await this.#index.events(ranges)) {
      this.#chain(event.chain).events[event.sequence] = event;
      this.#places.set(event.event, event);
    }
    for (const { chain, from, to } of ranges) {
      const known = this.#chain(chain);
      if (known.events[to] === undefined) known.end = Math.max(from, known.events.length - 1);
    }
  }

  #chain(chain: number): KnownChain {
    const known = this.#chains.get(chain) ?? { events: [], links: [], linkedTo: 0, end: undefined };
    this.#chains.set(chain, known);
    return known;
  }
}
