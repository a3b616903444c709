/** Entries of one room, oldest first. */
export class EntryQueue<Entry extends { readonly position: number }> {
  #entries: Entry[] = [];
  #head = 0;

  get first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  shift(): void {
    if (this.#head === this.#entries.length) return;
    this.#head += 1;
    // Copied when half is spent, so that taking from the front costs nothing on the whole.
    if (this.#head > 32 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes out entries at or before this position, all of them or those that match. */
  removeUpTo(position: number, matches: (entry: Entry) => boolean = () => true): void {
    const first = this.first;
    if (first === undefined || first.position > position) return;
    this.#entries = this.#entries.slice(this.#head).filter((entry) => entry.position > position || !matches(entry));
    this.#head = 0;
  }

  /** Entries after this position, in order. */
  after(position: number): readonly Entry[] {
    let start = this.#entries.length;
    while (start > this.#head && (this.#entries[start - 1]?.position ?? 0) > position) start -= 1;
    return this.#entries.slice(start);
  }

  /** Puts another entry in the place of the one at its position. */
  replace(entry: Entry): void {
    const index = this.#entries.findLastIndex((candidate) => candidate.position === entry.position);
    if (index >= this.#head) this.#entries[index] = entry;
  }

  /** The newest entry that matches. */
  find(matches: (entry: Entry) => boolean): Entry | undefined {
    for (let index = this.#entries.length - 1; index >= this.#head; index--) {
      const entry = this.#entries[index];
      if (entry !== undefined && matches(entry)) return entry;
    }
    return undefined;
  }
}

interface Held {
  readonly queue: { readonly first: { readonly position: number } | undefined; shift(): void };
  readonly position: number;
  readonly bytes: number;
}

/**
 * The newest part of a log in memory, bounded in bytes over all rooms. It holds *every* entry after its floor: whoever asks from a place at or
 * above the floor needs no database. The oldest entry of all goes first, whatever its room.
 */
export class EntryWindow {
  readonly #maxBytes: number;
  readonly #fifo = new EntryQueue<Held>();
  #bytes = 0;
  #floor: number;

  constructor(maxBytes: number, floor: number) {
    this.#maxBytes = maxBytes;
    this.#floor = floor;
  }

  /** Entries after this position are all here. */
  get floor(): number {
    return this.#floor;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#fifo.size;
  }

  add<Entry extends { readonly position: number }>(queue: EntryQueue<Entry>, entry: Entry, bytes: number): void {
    queue.push(entry);
    this.#fifo.push({ queue, position: entry.position, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  /** Drops all entries; those after `floor` will all be here. */
  dropAll(floor: number): void {
    while (this.#fifo.first !== undefined) this.#dropOldest();
    this.#floor = floor;
  }

  #dropOldest(): void {
    const oldest = this.#fifo.first;
    if (oldest === undefined) return;
    this.#fifo.shift();
    // Unless it was taken out before.
    if (oldest.queue.first?.position === oldest.position) oldest.queue.shift();
    this.#bytes -= oldest.bytes;
    this.#floor = oldest.position;
  }
}
