/** A frame is sent before its turn ends when it has grown to this. */
const FRAME_FULL_BYTES = 64 * 1024;

/**
 * Gathers what is said in one turn of the event loop into one frame. A message of its own costs grpc-js about as much CPU as ten calls in
 * a common one (see bench/rpc-bench.ts).
 */
export class Outbox<Item> {
  #items: Item[] = [];
  #bytes = 0;
  #isScheduled = false;
  readonly #send: (items: Item[]) => void;

  constructor(send: (items: Item[]) => void) {
    this.#send = send;
  }

  add(item: Item, bytes: number): void {
    this.#items.push(item);
    this.#bytes += bytes;
    if (this.#bytes >= FRAME_FULL_BYTES) this.flush();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.flush());
    }
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    this.#send(items);
  }

  /** Forgets what was not sent. */
  clear(): void {
    this.#items = [];
    this.#bytes = 0;
  }
}
