import { hash } from 'node:crypto';
import { type Queryable, sql } from '@plexus/postgres';
import { byPlace } from '../../place-order.ts';
import { EMPTY_STATE, type StateEntry } from '../../state-store.ts';
import { IntegerWriter } from '../../variable-integers.ts';
import { decodeBlock } from '../block-codec.ts';

const insertFirstFormat = sql(
  'test_insert_first_format',
  `WITH blocks AS (
     INSERT INTO roomserver.state_blocks (block, hash, entries) SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bytea[]))
   INSERT INTO roomserver.state_snapshots (snapshot, hash, blocks)
   SELECT s.snapshot, s.hash, s.blocks::bigint[] FROM unnest($4::bigint[], $5::uuid[], $6::text[]) AS s(snapshot, hash, blocks)`,
);

interface Block {
  readonly block: number;
  readonly hash: string;
  readonly entries: Buffer;
}

/** Stores states as the version did that knew nothing else: lists of sorted blocks, of which later ones win. */
export class FirstFormatWriter {
  readonly #lists = new Map<number, readonly Block[]>();
  readonly #blocks: Block[] = [];
  readonly #snapshots: { readonly snapshot: number; readonly hash: string; readonly blocks: readonly Block[] }[] = [];
  #next = 1;

  /** The number of the state with an entry put in. */
  change(snapshot: number, change: StateEntry): number {
    const list = snapshot === EMPTY_STATE ? [] : (this.#lists.get(snapshot) ?? []);
    const merged = blocksToMerge(
      list.map(({ entries }) => entries.length),
      encodeBlock([change]).length,
    );
    const kept = list.slice(0, list.length - merged);
    const old = list.slice(list.length - merged).map(({ entries }) => decodeBlock(entries));
    const entries = encodeBlock(mergeEntries([...old, [change]]));
    const block = { block: this.#next++, hash: hashOf(entries), entries };
    const blocks = [...kept, block];
    const number = this.#next++;
    this.#lists.set(number, blocks);
    this.#blocks.push(block);
    const snapshotHash = hashOf(Buffer.from(blocks.map((each) => each.hash).join(''), 'hex'));
    this.#snapshots.push({ snapshot: number, hash: snapshotHash, blocks });
    return number;
  }

  async store(queryable: Queryable): Promise<void> {
    await queryable.query(insertFirstFormat, [
      this.#blocks.map(({ block }) => block),
      this.#blocks.map((each) => each.hash),
      this.#blocks.map(({ entries }) => entries),
      this.#snapshots.map(({ snapshot }) => snapshot),
      this.#snapshots.map((each) => each.hash),
      this.#snapshots.map(({ blocks }) => `{${blocks.map(({ block }) => block).join(',')}}`),
    ]);
  }
}

function blocksToMerge(sizes: readonly number[], changeBytes: number): number {
  let merged = 0;
  let size = changeBytes;
  for (const bytes of sizes.toReversed()) {
    if (bytes > 2 * size) break;
    size += bytes;
    merged++;
  }
  return merged;
}

function encodeBlock(entries: readonly StateEntry[]): Buffer {
  const writer = new IntegerWriter();
  let before: StateEntry = { type: 0, stateKey: 0, event: 0 };
  for (const entry of entries) {
    writer.unsigned(entry.type - before.type);
    writer.unsigned(entry.type === before.type ? entry.stateKey - before.stateKey : entry.stateKey);
    writer.signed(entry.event - before.event);
    before = entry;
  }
  return writer.finish();
}

function mergeEntries(blocks: readonly (readonly StateEntry[])[]): StateEntry[] {
  const merged = new Map<string, StateEntry>();
  for (const entries of blocks) for (const entry of entries) merged.set(`${entry.type} ${entry.stateKey}`, entry);
  return [...merged.values()].sort(byPlace);
}

function hashOf(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex').slice(0, 32);
}
