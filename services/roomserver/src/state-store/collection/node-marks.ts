const PROBES = 5;
/** At 16 bits a node and five probes one of 500 unmarked nodes looks marked, and stays until the next collection. */
const BITS_PER_NODE = 16;
const SMALLEST_BYTES = 64 * 1024;

/**
 * Marks of nodes in a Bloom filter: memory is bounded whatever their number, a node that was marked always looks marked, and one that was not
 * does so now and then. With another seed it is another one that does.
 */
export class NodeMarks {
  readonly #bits: Uint8Array;
  readonly #seed: number;

  constructor(expectedNodes: number, { maxBytes, seed }: { readonly maxBytes: number; readonly seed: number }) {
    const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, (expectedNodes * BITS_PER_NODE) / 8)));
    this.#bits = new Uint8Array(Math.max(SMALLEST_BYTES, Math.min(wanted, maxBytes)));
    this.#seed = seed | 0;
  }

  get bytes(): number {
    return this.#bits.length;
  }

  mark(address: number): void {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bitOf(address, probe);
      const index = Math.floor(bit / 8);
      this.#bits[index] = (this.#bits[index] ?? 0) | (1 << (bit % 8));
    }
  }

  isMarked(address: number): boolean {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bitOf(address, probe);
      if (((this.#bits[Math.floor(bit / 8)] ?? 0) & (1 << (bit % 8))) === 0) return false;
    }
    return true;
  }

  /** Addresses are even already, being hashes: the seed has only to choose other bits of them. */
  #bitOf(address: number, probe: number): number {
    const low = address | 0;
    const high = Math.floor(address / 2 ** 20) | 0;
    const bits = Math.imul(low ^ this.#seed, 0x9e3779b1 + 2 * probe) ^ Math.imul(high + probe, 0x85ebca6b);
    return ((bits ^ (bits >>> 15)) >>> 0) % (this.#bits.length * 8);
  }
}
