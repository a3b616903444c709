import type { Queryable } from '@plexus/postgres';
import { claimColdProgress, selectColdBoundary, selectColdCandidates, storeColdBlocks } from '../storage/cold-rows.ts';
import { RANGE_LIFETIME_MS } from '../storage/number-ranges.ts';
import { arrangeBlocks, type WarmBody } from './arrange-blocks.ts';
import { encodeBlock } from './block-codec.ts';

export interface ColdBatch {
  /** Bodies that were compressed. */
  readonly bodies: number;
  /** Event numbers that are old enough and have not been looked at. */
  readonly left: number;
}

/** Events that are looked at in one go: 30 ms of PostgreSQL, 10 of this process, and rooms with enough messages for blocks of their own. */
const BATCH_EVENTS = 1_024;
/** Longer than a batch and the pause after it. */
const CLAIM_MS = 60_000;

/**
 * Compresses the next bodies of events that were numbered before a time (milliseconds since 1970). Undefined: another process is at it. What
 * it has done is noted in the transaction that does it, so it may be killed at any moment.
 */
export async function compressColdBodies(
  queryable: Queryable,
  { process, before }: { readonly process: string; readonly before: number },
): Promise<ColdBatch | undefined> {
  const [claim] = await queryable.query<{ event: number }>(claimColdProgress, [process, CLAIM_MS]);
  if (claim === undefined) return undefined;
  const boundary = await coldBoundary(queryable, before);
  type Row = { event: number; room: number; folded_json: string | null };
  const rows = await queryable.query<Row>(selectColdCandidates, [claim.event, boundary, BATCH_EVENTS]);
  const last = rows.at(-1)?.event;
  if (last === undefined) return { bodies: 0, left: 0 };
  const warm: WarmBody[] = [];
  for (const { event, room, folded_json } of rows)
    if (folded_json !== null) warm.push({ event, room, foldedJson: folded_json });
  const blocks = arrangeBlocks(warm).map((bodies) => ({
    number: Math.min(...bodies.map(({ event }) => event)),
    bodies,
    bytes: encodeBlock(bodies),
  }));
  const moves = blocks.flatMap(({ number, bodies }) => bodies.map(({ event }) => ({ event, number })));
  await queryable.query(storeColdBlocks, [
    process,
    claim.event,
    last,
    blocks.map(({ number }) => number),
    blocks.map(({ bytes }) => bytes),
    blocks.map(({ bodies }) => bodies.length),
    moves.map(({ event }) => event),
    moves.map(({ number }) => number),
  ]);
  return { bodies: warm.length, left: rows.length < BATCH_EVENTS ? 0 : boundary - 1 - last };
}

/** A range of numbers is in use for its whole lifetime: its last event is younger than the range by as much. */
async function coldBoundary(queryable: Queryable, before: number): Promise<number> {
  type Row = { boundary: number | null; last: number | null };
  const [row] = await queryable.query<Row>(selectColdBoundary, [before - RANGE_LIFETIME_MS]);
  const afterLast = (row?.last ?? 0) + 1;
  return Math.min(row?.boundary ?? afterLast, afterLast);
}
