import { hash } from 'node:crypto';

/**
 * Where the addresses of nodes begin: 52 bits of the content's hash follow. So an address is a whole number that JavaScript holds exactly,
 * a bigint column holds in 8 bytes and an inner node in 7; and the numbers of the first format, small ones from a sequence, are none.
 */
export const FIRST_NODE_ADDRESS = 2 ** 52;

/** How many addresses a content has. */
export const ADDRESSES_OF_CONTENT = 4;

const ADDRESS_BYTES = 7;

/**
 * The address of a node's content. Of 10^9 nodes a hundred pairs share their first address, so two contents of one address are found out
 * by the table's constraint, and the later one takes its next address (`attempt` 1, 2, 3): see docs/decisions/state-tree.md.
 */
export function nodeAddress(content: Uint8Array, attempt = 0): number {
  const digest = hash('sha256', content, 'buffer');
  const start = attempt * ADDRESS_BYTES;
  return FIRST_NODE_ADDRESS + digest.readUIntBE(start, 6) * 16 + (digest.readUInt8(start + 6) >>> 4);
}

/** Whether the number of a snapshot is the root of a tree. */
export function isNodeAddress(snapshot: number): boolean {
  return snapshot >= FIRST_NODE_ADDRESS;
}
