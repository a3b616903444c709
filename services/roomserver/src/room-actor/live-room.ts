import type { EventId, Pdu, RoomVersionRules, StateKeyPair } from '@plexus/matrix';
import { Recent } from './recent.ts';

/** An event of a room's current state, by its number. */
export interface StateEvent {
  readonly event: number;
  readonly pdu: Pdu;
}

/** The end of a room's graph that the next event is built on; it may not be committed yet. */
export interface Tip {
  readonly version: number;
  readonly extremities: readonly { readonly event: number; readonly eventId: EventId }[];
  /** State after the extremities. */
  readonly snapshot: number;
  readonly depth: number;
}

/** Reads what stands at places of the current state. */
export type ReadCurrentState = (
  room: number,
  keys: readonly StateKeyPair[],
  rules: RoomVersionRules,
) => Promise<readonly { readonly key: StateKeyPair; readonly event: StateEvent }[]>;

/** Transactions of a room that are remembered without asking the database. */
const REMEMBERED_TRANSACTIONS = 256;
/** Of rooms of versions 1 and 2; more than can be under way to the database at once. */
const REMEMBERED_REFERENCE_HASHES = 4096;
/** With its actor: 6,500 rooms with three events of state each took 8.6 KB a room. */
const EMPTY_ROOM_BYTES = 5_000;
const ENTRY_OVERHEAD_BYTES = 400;
/** Of a transaction or a reference hash: two texts of 44 to 60 characters and a place in a map. */
const REMEMBERED_BYTES = 200;

/**
 * A room as the commands in hand see it: its tip, and as much of its current state as was asked for. State is read after the head, never
 * before: then what is read is of the head or newer, and newer means that the head's version has moved and the commit is refused.
 */
export class LiveRoom {
  readonly room: number;
  readonly rules: RoomVersionRules;
  /** Blocked by an administrator, or being deleted: nobody of this server may come in. */
  readonly isClosed: boolean;
  tip: Tip;
  /** Event ids by transaction key; those not committed yet among them. */
  readonly transactions = new Recent<string, EventId>(REMEMBERED_TRANSACTIONS);
  /** Reference hashes by event id, in room versions 1 and 2 alone: events there name them beside the ids they refer to. */
  readonly referenceHashes = new Recent<EventId, string>(REMEMBERED_REFERENCE_HASHES);
  readonly #state = new Map<string, StateEvent | undefined>();
  readonly #read: ReadCurrentState;
  #bytes = EMPTY_ROOM_BYTES;

  constructor(of: { room: number; rules: RoomVersionRules; isClosed?: boolean; tip: Tip; read: ReadCurrentState }) {
    this.room = of.room;
    this.rules = of.rules;
    this.isClosed = of.isClosed ?? false;
    this.tip = of.tip;
    this.#read = of.read;
  }

  /** Roughly what the room takes of memory. */
  get bytes(): number {
    return this.#bytes + REMEMBERED_BYTES * (this.transactions.size + this.referenceHashes.size);
  }

  /** Makes the places known; one round trip when one of them is not. */
  async load(keys: readonly StateKeyPair[]): Promise<void> {
    const missing = keys.filter((key) => !this.#state.has(placeOf(key)));
    if (missing.length === 0) return;
    const found = await this.#read(this.room, missing, this.rules);
    for (const key of missing) this.#state.set(placeOf(key), undefined);
    for (const { key, event } of found) this.#put(key, event);
    this.#bytes += missing.length * ENTRY_OVERHEAD_BYTES;
  }

  /** What stands at a place that was loaded. */
  at(type: string, stateKey: string): StateEvent | undefined {
    const place = placeOf([type, stateKey]);
    if (!this.#state.has(place)) throw new Error(`state of type ${type} was not loaded before it was asked for`);
    return this.#state.get(place);
  }

  /** Puts an event into the current state, in the place of what was there; undefined empties the place. */
  change(key: StateKeyPair, event: StateEvent | undefined): void {
    if (event === undefined) this.#state.set(placeOf(key), undefined);
    else this.#put(key, { event: event.event, pdu: event.pdu });
  }

  /** Puts what is left of a redacted event in its place, if it stands in the current state. */
  redact(event: StateEvent): void {
    const { type, stateKey } = event.pdu;
    if (stateKey === undefined) return;
    if (this.#state.get(placeOf([type, stateKey]))?.event === event.event)
      this.#put([type, stateKey], { event: event.event, pdu: event.pdu });
  }

  #put(key: StateKeyPair, event: StateEvent): void {
    this.#state.set(placeOf(key), event);
    this.#bytes += ENTRY_OVERHEAD_BYTES + 4 * JSON.stringify(event.pdu.content).length;
  }
}

/** The length in front keeps two places from reading alike. */
function placeOf([type, stateKey]: StateKeyPair): string {
  return `${type.length}:${type}${stateKey}`;
}
