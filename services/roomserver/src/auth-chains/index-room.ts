import type { Database, Queryable } from '@plexus/postgres';
import {
  chainRowParameters,
  insertChainRows,
  insertIndexedRoom,
  lockIndexedRoom,
  readKnownCover,
  selectNextStateEvents,
  selectUnindexed,
  updateIndexedRoom,
} from '../storage/auth-chain-rows.ts';
import { storedChainIndex } from '../storage/auth-chains.ts';
import { type AuthEdges, readAuthEdges } from '../storage/auth-events.ts';
import { coverEvents } from './cover-events.ts';

/** State events in one transaction: 30 ms of work. */
const BATCH = 1_000;

/** Brings the chain cover of a room up to date; processes that do it at the same time do it one after another. */
export async function indexRoom(database: Database, room: number): Promise<void> {
  await database.query(insertIndexedRoom, [room]);
  while (await database.transaction((transaction) => indexNext(transaction, room)));
}

/** Whether there may be more. */
async function indexNext(transaction: Queryable, room: number): Promise<boolean> {
  const [indexed] = await transaction.query<{ position: number }>(lockIndexedRoom, [room]);
  if (indexed === undefined) return false;
  const following = await transaction.query<{ event: number; position: number }>(selectNextStateEvents, [
    room,
    indexed.position,
    BATCH,
  ]);
  const outside = await transaction.query<{ event: number }>(selectUnindexed, [room, BATCH]);
  if (following.length + outside.length === 0) return false;
  const edges = await withAuthChains(transaction, [...following, ...outside]);
  const { inOrder, lacking } = authEventsFirst(edges.unindexed);
  const rows = coverEvents(inOrder, await readKnownCover(transaction, edges.indexed));
  await transaction.query(insertChainRows, chainRowParameters(rows));
  await transaction.query(updateIndexedRoom, [
    room,
    [...following, ...outside, ...rows].map(({ event }) => event).filter((event) => !lacking.has(event)),
    [...lacking.keys()],
    [...lacking.values()],
    following.at(-1)?.position ?? indexed.position,
  ]);
  return following.length === BATCH || outside.length === BATCH;
}

interface EdgesBelow {
  /** In no order. */
  readonly unindexed: ReadonlyMap<number, AuthEdges>;
  /** Those of the given events, and of the auth events of all the others, that are in the cover. */
  readonly indexed: readonly number[];
}

/** The events with all of their auth chains that is not in the cover yet. */
async function withAuthChains(
  queryable: Queryable,
  events: readonly { readonly event: number }[],
): Promise<EdgesBelow> {
  const index = storedChainIndex(queryable);
  const unindexed = new Map<number, AuthEdges>();
  const indexed = new Set<number>();
  for (let level = [...new Set(events.map(({ event }) => event))]; level.length > 0; ) {
    const places = await index.places(level);
    for (const event of places.keys()) indexed.add(event);
    const read = await readAuthEdges(
      queryable,
      level.filter((event) => !places.has(event)),
    );
    for (const edges of read) unindexed.set(edges.event, edges);
    level = [...new Set(read.flatMap(({ authEvents }) => authEvents))].filter(
      (event) => !unindexed.has(event) && !indexed.has(event),
    );
  }
  return { unindexed, indexed: [...indexed] };
}

interface OrderedEvents {
  readonly inOrder: readonly AuthEdges[];
  /** Events that cannot be put into the cover, with what is missing of their auth chains. */
  readonly lacking: ReadonlyMap<number, string>;
}

/** Of room versions 1 and 2, in which ids are chosen freely, a circle is conceivable: it waits for what cannot come. */
const NOTHING = '0'.repeat(32);

function authEventsFirst(events: ReadonlyMap<number, AuthEdges>): OrderedEvents {
  const inOrder = new Map<number, AuthEdges>();
  const lacking = new Map<number, string>();
  const entered = new Set<number>();
  const stack = [...events.values()];
  for (let edges = stack.at(-1); edges !== undefined; edges = stack.at(-1)) {
    const { event, authEvents } = edges;
    const open = entered.has(event) ? [] : authEvents.flatMap((each) => events.get(each) ?? []);
    entered.add(event);
    const before = open.filter((each) => !entered.has(each.event));
    if (before.length > 0) {
      stack.push(...before);
      continue;
    }
    stack.pop();
    if (inOrder.has(event) || lacking.has(event)) continue;
    const missing = edges.missing ?? missingBelow(authEvents, { events, inOrder, lacking });
    if (missing === undefined) inOrder.set(event, edges);
    else lacking.set(event, missing);
  }
  return { inOrder: [...inOrder.values()], lacking };
}

function missingBelow(
  authEvents: readonly number[],
  of: {
    events: ReadonlyMap<number, AuthEdges>;
    inOrder: ReadonlyMap<number, AuthEdges>;
    lacking: ReadonlyMap<number, string>;
  },
): string | undefined {
  for (const event of authEvents) {
    if (of.events.has(event) && !of.inOrder.has(event)) return of.lacking.get(event) ?? NOTHING;
  }
  return undefined;
}
