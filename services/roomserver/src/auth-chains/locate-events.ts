import type { Queryable } from '@plexus/postgres';
import { readAuthEdges } from '../storage/auth-events.ts';
import type { ChainIndex, ChainPlace } from './chain-index.ts';

/** Events by where they are in the chain cover. */
export interface LocatedEvents {
  /** Of those events that are in the cover, and of all that the loose ones cite. */
  readonly places: ReadonlyMap<number, ChainPlace>;
  /**
   * Stored events that are not in the cover, with the auth events that are stored: messages, and events whose auth chain is not all there.
   * With them whatever of that kind they cite.
   */
  readonly loose: ReadonlyMap<number, readonly number[]>;
}

export async function locateEvents(
  queryable: Queryable,
  index: ChainIndex,
  events: readonly number[],
): Promise<LocatedEvents> {
  const places = new Map<number, ChainPlace>();
  const loose = new Map<number, readonly number[]>();
  for (let level = [...new Set(events)]; level.length > 0; ) {
    for (const [event, place] of await index.places(level)) places.set(event, place);
    const read = await readAuthEdges(
      queryable,
      level.filter((event) => !places.has(event)),
    );
    for (const { event, authEvents } of read) loose.set(event, authEvents);
    level = [...new Set(read.flatMap(({ authEvents }) => authEvents))].filter(
      (event) => !places.has(event) && !loose.has(event),
    );
  }
  return { places, loose };
}

/** The places from which all is reached that the event reaches within the cover, itself included. */
export function coveredFrom(event: number, { places, loose }: LocatedEvents): ChainPlace[] {
  const reached = new Set([event]);
  for (const each of reached) for (const authEvent of loose.get(each) ?? []) reached.add(authEvent);
  return [...reached].flatMap((each) => places.get(each) ?? []);
}

/** What the loose events lead to: places in the cover, and each other. */
export function looseChains({ places, loose }: LocatedEvents): { below: ChainPlace[]; cited: number[] } {
  const direct = [...new Set([...loose.values()].flat())];
  return {
    below: direct.flatMap((event) => places.get(event) ?? []),
    cited: direct.filter((event) => loose.has(event)),
  };
}
