import { type Queryable, sql } from '@plexus/postgres';
import type { ChainIndex, ChainLink, ChainPlace, ChainRange, CoveredEvent } from '../auth-chains/chain-index.ts';

/**
 * Subqueries with OFFSET 0 are looked up row by row. A plan made while the table was empty is kept, and joins as plain joins had one that
 * reads the whole table: 30 s for 1,000 events of a room of 100,000, 20 ms so.
 */
const placeOfLink = `LATERAL (SELECT c.chain, c.sequence FROM roomserver.auth_chains c WHERE c.event = l.event OFFSET 0)`;
const placeInState = `LATERAL (SELECT s.type, s.state_key FROM roomserver.events s WHERE s.event = a.event OFFSET 0)`;
const partOfChain = `LATERAL (SELECT c.event, c.chain, c.sequence, c.links FROM roomserver.auth_chains c
     WHERE c.chain = k.chain AND c.sequence > k.low AND c.sequence <= k.high OFFSET 0)`;

const selectPlaces = sql(
  'roomserver_select_chain_places',
  `SELECT event, chain, sequence FROM roomserver.auth_chains WHERE event = ANY($1::bigint[])`,
);

/** ($1 chains, $2 after these sequences, $3 up to these) */
const selectLinks = sql(
  'roomserver_select_chain_links',
  `SELECT a.chain, a.sequence, t.chain AS target_chain, t.sequence AS target_sequence
   FROM unnest($1::bigint[], $2::int[], $3::int[]) AS k(chain, low, high)
   CROSS JOIN ${partOfChain} AS a CROSS JOIN LATERAL unnest(a.links) AS l(event) CROSS JOIN ${placeOfLink} AS t
   ORDER BY a.chain, a.sequence`,
);

/** ($1 chains, $2 after these sequences, $3 up to these) */
const selectRanges = sql(
  'roomserver_select_chain_ranges',
  `SELECT a.event, a.chain, a.sequence, e.type, e.state_key FROM unnest($1::bigint[], $2::int[], $3::int[]) AS k(chain, low, high)
   CROSS JOIN ${partOfChain} AS a CROSS JOIN ${placeInState} AS e`,
);

/** ($1 events, $2 below this number, $3 at most) An operator for all events at once, &&, takes 100 times as long for 1,000 of them. */
const selectCiting = sql(
  'roomserver_select_citing_events',
  `SELECT a.event, a.chain, a.sequence, e.type, e.state_key FROM (
     SELECT DISTINCT c.event, c.chain, c.sequence FROM unnest($1::bigint[]) AS k(event)
     CROSS JOIN LATERAL (SELECT * FROM roomserver.auth_chains WHERE links @> ARRAY[k.event] OFFSET 0) AS c
     WHERE c.event < $2 ORDER BY c.event DESC LIMIT $3) AS a
   CROSS JOIN ${placeInState} AS e`,
);

/** Enough for one witness to be among them; 100,000 joins may cite the same power levels. */
const CITING_AT_ONCE = 1_000;

interface CoveredRow {
  readonly event: number;
  readonly chain: number;
  readonly sequence: number;
  readonly type: number;
  readonly state_key: number;
}

/** Rows of one statement: reading them holds nobody up for more than a few milliseconds. */
const ROWS_AT_ONCE = 500;
const FIRST_LOOK = 8;
const LOOK_GROWTH = 8;

/** The chain cover in its tables; a round trip for each question, and for every so many rows of the answer. */
export function storedChainIndex(queryable: Queryable): ChainIndex {
  return {
    async places(events) {
      const places = new Map<number, ChainPlace>();
      for (let at = 0; at < events.length; at += ROWS_AT_ONCE) {
        const part = events.slice(at, at + ROWS_AT_ONCE);
        const rows = await queryable.query<Pick<CoveredRow, 'event' | 'chain' | 'sequence'>>(selectPlaces, [part]);
        for (const { event, chain, sequence } of rows) places.set(event, { chain, sequence });
      }
      return places;
    },
    async links(ranges) {
      type Row = { chain: number; sequence: number; target_chain: number; target_sequence: number };
      const links: ChainLink[] = [];
      for (const part of inParts(ranges)) {
        for (const row of await queryable.query<Row>(selectLinks, rangeParameters(part))) {
          const target = { chain: row.target_chain, sequence: row.target_sequence };
          links.push({ chain: row.chain, sequence: row.sequence, target });
        }
      }
      return links;
    },
    async events(ranges) {
      const events: CoveredEvent[] = [];
      const ended = new Set<number>();
      for (const part of inParts(ranges, ended)) {
        const rows = await queryable.query<CoveredRow>(selectRanges, rangeParameters(part));
        const found = new Map<number, number>();
        for (const row of rows) {
          events.push(coveredOf(row));
          found.set(row.chain, (found.get(row.chain) ?? 0) + 1);
        }
        // Sequences have no gaps.
        for (const { chain, from, to } of part) if ((found.get(chain) ?? 0) < to - from) ended.add(chain);
      }
      return events;
    },
    async citing(events, before) {
      const rows = await queryable.query<CoveredRow>(selectCiting, [events, before, CITING_AT_ONCE]);
      return { events: rows.map(coveredOf), more: rows.length === CITING_AT_ONCE };
    },
  };
}

function coveredOf({ event, chain, sequence, type, state_key }: CoveredRow): CoveredEvent {
  return { event, chain, sequence, type, stateKey: state_key };
}

/**
 * The ranges in parts that are answered by so many rows at most. Of each chain a little comes first, then more and more: most ranges are open
 * ones of which there is little. Chains that have come to their end meanwhile are left out.
 */
function* inParts(
  ranges: readonly ChainRange[],
  ended: ReadonlySet<number> = new Set(),
): Generator<ChainRange[], void> {
  let open = ranges;
  for (let look = FIRST_LOOK; open.length > 0; look = Math.min(ROWS_AT_ONCE, look * LOOK_GROWTH)) {
    const following: ChainRange[] = [];
    let part: ChainRange[] = [];
    let left = ROWS_AT_ONCE;
    for (const { chain, from, to: last } of open) {
      const to = Math.min(last, from + look);
      if (to - from > left) {
        yield part;
        part = [];
        left = ROWS_AT_ONCE;
      }
      part.push({ chain, from, to });
      left -= to - from;
      if (to < last) following.push({ chain, from: to, to: last });
    }
    if (part.length > 0) yield part;
    open = following.filter(({ chain }) => !ended.has(chain));
  }
}

function rangeParameters(ranges: readonly ChainRange[]) {
  return [ranges.map(({ chain }) => chain), ranges.map(({ from }) => from), ranges.map(({ to }) => to)];
}
