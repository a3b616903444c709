/**
 * How many of the last blocks of a snapshot are merged with a change of `changeBytes`: a block stays as it is only when it is more than
 * twice as large as all that comes after it. So a snapshot of n entries has at most log2(n) blocks, a change adds exactly one block, and an
 * entry is written log2(n) times over the life of the room.
 */
export function blocksToMerge(sizes: readonly number[], changeBytes: number): number {
  let merged = 0;
  let size = changeBytes;
  for (const bytes of sizes.toReversed()) {
    if (bytes > 2 * size) break;
    size += bytes;
    merged++;
  }
  return merged;
}
