import type { Database } from '@plexus/postgres';
import { lockColdBlocks, mendColdBlocks, selectBodiesInBlocks, takeTornBlocks } from '../storage/cold-rows.ts';
import { decodeBlock, encodeBlock } from './block-codec.ts';

/** Notes taken in one go; at worst each is of a block of its own. */
const BATCH_NOTES = 256;

/**
 * Takes out of their blocks what was redacted, purged or dropped, and removes blocks that are empty. The number of notes that are done. Several
 * processes may do so at once.
 */
export function removeLostBodies(database: Database): Promise<number> {
  return database.transaction(async (transaction) => {
    const notes = await transaction.query<{ block: number }>(takeTornBlocks, [BATCH_NOTES]);
    const numbers = [...new Set(notes.map(({ block }) => block))];
    if (numbers.length === 0) return 0;
    const rows = await transaction.query<{ block: number; bodies: Buffer }>(lockColdBlocks, [numbers]);
    const held = rows.map(({ block, bodies }) => ({ block, bodies: decodeBlock(bodies) }));
    const places = held.flatMap(({ block, bodies }) => [...bodies.keys()].map((event) => ({ block, event })));
    const left = await transaction.query<{ event: number }>(selectBodiesInBlocks, [
      places.map(({ block }) => block),
      places.map(({ event }) => event),
    ]);
    const events = new Set(left.map(({ event }) => event));
    await transaction.query(mendColdBlocks, [
      held.map(({ block }) => block),
      held.map(({ bodies }) => {
        const kept = [...bodies].filter(([event]) => events.has(event));
        return kept.length === 0 ? null : encodeBlock(kept.map(([event, foldedJson]) => ({ event, foldedJson })));
      }),
    ]);
    return notes.length;
  });
}
