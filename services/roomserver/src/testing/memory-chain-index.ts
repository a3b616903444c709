import type { ChainIndex } from '../auth-chains/chain-index.ts';
import { type ChainRow, coverEvents, type KnownCover, type UncoveredEvent } from '../auth-chains/cover-events.ts';

/** How many of an event's citing ones come at once: few, so that tests go through several pages. */
const CITING_AT_ONCE = 2;

/** A chain cover in memory. */
export class MemoryChainIndex implements ChainIndex {
  readonly #rows = new Map<number, ChainRow & UncoveredEvent>();

  /** Puts events into the cover as one batch would; auth events come before those that cite them. */
  add(batch: readonly UncoveredEvent[]): void {
    const given = new Map(batch.map((event) => [event.event, event]));
    for (const row of coverEvents(batch, this.#known(batch))) {
      const event = given.get(row.event);
      if (event !== undefined) this.#rows.set(row.event, { ...event, ...row });
    }
  }

  places: ChainIndex['places'] = async (events) =>
    new Map(
      events.flatMap((event) => {
        const row = this.#rows.get(event);
        return row === undefined ? [] : [[event, { chain: row.chain, sequence: row.sequence }] as const];
      }),
    );

  links: ChainIndex['links'] = async (ranges) =>
    (await this.events(ranges)).flatMap(({ event, chain, sequence }) =>
      (this.#rows.get(event)?.links ?? []).flatMap((link) => {
        const target = this.#rows.get(link);
        return target === undefined ? [] : [{ chain, sequence, target }];
      }),
    );

  events: ChainIndex['events'] = async (ranges) =>
    ranges.flatMap(({ chain, from, to }) =>
      this.#ofChain(chain).filter(({ sequence }) => sequence > from && sequence <= to),
    );

  citing: ChainIndex['citing'] = async (events, before) => {
    const all = [...this.#rows.values()]
      .filter(({ event, links }) => event < before && links.some((link) => events.includes(link)))
      .toSorted((a, b) => b.event - a.event);
    return { events: all.slice(0, CITING_AT_ONCE), more: all.length > CITING_AT_ONCE };
  };

  #ofChain(chain: number): (ChainRow & UncoveredEvent)[] {
    return [...this.#rows.values()].filter((row) => row.chain === chain).toSorted((a, b) => a.sequence - b.sequence);
  }

  #known(batch: readonly UncoveredEvent[]): KnownCover {
    const cited = new Map(
      batch
        .flatMap(({ authEvents }) => authEvents)
        .flatMap((event) => {
          const row = this.#rows.get(event);
          return row === undefined ? [] : [[event, row] as const];
        }),
    );
    const chains = [...new Set([...cited.values()].map(({ chain }) => chain))];
    const linked = new Map(chains.map((chain) => [chain, new Map<number, number>()]));
    for (const row of this.#rows.values()) {
      const targets = linked.get(row.chain);
      for (const link of row.links) {
        const target = this.#rows.get(link);
        if (target === undefined || targets === undefined) continue;
        targets.set(target.chain, Math.max(target.sequence, targets.get(target.chain) ?? 0));
      }
    }
    return { events: cited, lastOf: new Map(chains.map((chain) => [chain, this.#ofChain(chain).length])), linked };
  }
}
