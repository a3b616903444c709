import type { LogEntry } from './types.ts';

export interface CursorLimits {
  /** How long a gap may be a message that is only late, in milliseconds. */
  readonly reorderMs: number;
  /** What may wait, out of order or not; beyond it messages are dropped and read from the owner later. */
  readonly heldEntries: number;
  readonly heldBytes: number;
}

/** Positions from..to to be read from the owner; without `to`: to the end. */
export interface Range {
  readonly from: number;
  readonly to: number | undefined;
}

/** `next`: goes on at the end; `ahead`: something before it is missing; `duplicate`: nothing new; `full`: dropped, to be read later. */
export type Received = 'next' | 'ahead' | 'duplicate' | 'full' | 'malformed';

interface Chunk<Entry> {
  entries: readonly Entry[];
  bytes: number;
}

/**
 * Puts what comes from a stream and from the log's owner into one gapless order. Pure: no I/O, time is an argument.
 *
 *     applied … position │ in hand │ queue … end │ (gap) │ ahead … │ … head of the owner
 */
export class LogCursor<Entry extends LogEntry> {
  readonly #limits: CursorLimits;
  #position: number;
  #end: number;
  #head: number;
  #queue: Chunk<Entry>[] = [];
  #ahead: Chunk<Entry>[] = [];
  #heldEntries = 0;
  #heldBytes = 0;
  #gapSince: number | undefined;

  constructor(position: number, limits: CursorLimits) {
    this.#limits = limits;
    this.#position = position;
    this.#end = position;
    this.#head = position;
  }

  /** Last position that was applied. */
  get position(): number {
    return this.#position;
  }

  /** Last position that is here without a gap. */
  get end(): number {
    return this.#end;
  }

  /** Last position that the owner is known to have. */
  get head(): number {
    return this.#head;
  }

  get lag(): number {
    return Math.max(this.#head - this.#position, 0);
  }

  /** Consecutive entries as a message or a read brought them; `bytes` is their size as the memory bound counts it. */
  receive(entries: readonly Entry[], bytes: number, now: number): Received {
    const first = entries.at(0);
    const last = entries.at(-1);
    if (first === undefined || last === undefined || !isConsecutive(entries)) return 'malformed';
    this.#head = Math.max(this.#head, last.position);
    if (last.position <= this.#end) return 'duplicate';
    if (this.#heldEntries >= this.#limits.heldEntries || this.#heldBytes >= this.#limits.heldBytes) return 'full';
    if (first.position > this.#end + 1) return this.#holdAhead({ entries, bytes }, now);
    this.#goOn({ entries, bytes });
    return 'next';
  }

  /** Tells of positions that were published without their entries, being too big for a message. */
  announce(position: number): void {
    this.#head = Math.max(this.#head, position);
  }

  /** The answer of the owner: entries from `end + 1` on, as far as they go, and its head, which is believed also when it is lower. */
  filled(entries: readonly Entry[], bytes: number, head: number): void {
    const first = entries[0]?.position;
    const last = entries.at(-1)?.position;
    // Taken however much waits: what is ahead can only go on through this.
    if (
      first !== undefined &&
      last !== undefined &&
      first <= this.#end + 1 &&
      last > this.#end &&
      isConsecutive(entries)
    ) {
      this.#goOn({ entries, bytes });
    }
    this.#head = Math.max(head, this.#end);
    // Entries beyond the owner's head are of a log that a restore has undone.
    while ((this.#ahead.at(-1)?.entries.at(-1)?.position ?? 0) > this.#head) this.#release(this.#ahead.pop());
    if (this.#ahead.length === 0) this.#gapSince = undefined;
  }

  /** Takes entries out to be applied; what is taken must come back as `applied` or `reset`. */
  take(maxEntries: number, maxBytes: number): Entry[] {
    const taken: Entry[] = [];
    let bytes = 0;
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      const room = maxEntries - taken.length;
      if (room <= 0 || (taken.length > 0 && bytes + chunk.bytes > maxBytes)) break;
      const part = splitChunk(chunk, room);
      if (part.rest === undefined) this.#queue.shift();
      else this.#queue[0] = part.rest;
      taken.push(...part.first.entries);
      bytes += part.first.bytes;
      this.#release(part.first);
    }
    return taken;
  }

  applied(position: number): void {
    this.#position = position;
  }

  /** Goes back (or on) to a stored position; what was queued is read from the owner again. */
  reset(position: number): void {
    for (const chunk of this.#queue.splice(0)) this.#release(chunk);
    this.#position = position;
    this.#end = position;
    this.#head = Math.max(this.#head, position);
    this.#closeGap();
  }

  /** What to read from the owner now, if anything. */
  wanted(now: number): Range | undefined {
    if (this.#queuedIsPlenty()) return undefined;
    const ahead = this.#ahead[0]?.entries[0]?.position;
    if (ahead !== undefined) return now >= this.gapDueAt() ? { from: this.#end + 1, to: ahead - 1 } : undefined;
    return this.#head > this.#end ? { from: this.#end + 1, to: undefined } : undefined;
  }

  /** When the gap stops being taken for a late message; Infinity without a gap. */
  gapDueAt(): number {
    return this.#gapSince === undefined ? Number.POSITIVE_INFINITY : this.#gapSince + this.#limits.reorderMs;
  }

  #queuedIsPlenty(): boolean {
    return this.#heldEntries * 2 >= this.#limits.heldEntries && this.#queue.length > 0;
  }

  #goOn(chunk: Chunk<Entry>): void {
    this.#append(chunk);
    this.#closeGap();
  }

  #holdAhead(chunk: Chunk<Entry>, now: number): Received {
    const first = chunk.entries[0]?.position ?? 0;
    const at = this.#ahead.findLastIndex((other) => (other.entries[0]?.position ?? 0) <= first) + 1;
    this.#ahead.splice(at, 0, chunk);
    this.#hold(chunk);
    this.#gapSince ??= now;
    return 'ahead';
  }

  /** Moves from `ahead` to the queue what follows the end now, and forgets what is behind it. */
  #closeGap(): void {
    for (let chunk = this.#ahead[0]; chunk !== undefined; chunk = this.#ahead[0]) {
      if ((chunk.entries[0]?.position ?? 0) > this.#end + 1) return;
      this.#ahead.shift();
      this.#release(chunk);
      if ((chunk.entries.at(-1)?.position ?? 0) > this.#end) this.#append(chunk);
    }
    this.#gapSince = undefined;
  }

  #append(chunk: Chunk<Entry>): void {
    const known = this.#end + 1 - (chunk.entries[0]?.position ?? 0);
    const fresh = known === 0 ? chunk : { entries: chunk.entries.slice(known), bytes: chunk.bytes };
    this.#queue.push(fresh);
    this.#hold(fresh);
    this.#end += fresh.entries.length;
  }

  #hold(chunk: Chunk<Entry>): void {
    this.#heldEntries += chunk.entries.length;
    this.#heldBytes += chunk.bytes;
  }

  #release(chunk: Chunk<Entry> | undefined): void {
    this.#heldEntries -= chunk?.entries.length ?? 0;
    this.#heldBytes -= chunk?.bytes ?? 0;
  }
}

function isConsecutive(entries: readonly LogEntry[]): boolean {
  const first = entries[0]?.position ?? 0;
  return first >= 1 && entries.every((entry, index) => entry.position === first + index);
}

function splitChunk<Entry>(
  chunk: Chunk<Entry>,
  count: number,
): { first: Chunk<Entry>; rest: Chunk<Entry> | undefined } {
  if (chunk.entries.length <= count) return { first: chunk, rest: undefined };
  const bytes = Math.ceil((chunk.bytes * count) / chunk.entries.length);
  return {
    first: { entries: chunk.entries.slice(0, count), bytes },
    rest: { entries: chunk.entries.slice(count), bytes: chunk.bytes - bytes },
  };
}
