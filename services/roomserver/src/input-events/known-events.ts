import type { EventId, Pdu, RoomVersionRules } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { type EventKey, eventIdOfKey, eventKeyOf } from '../domain/event-key.ts';
import { unfoldJson } from '../domain/folded-json.ts';
import { storedPdu } from '../domain/stored-pdu.ts';
import { isRejected, type Verdict, verdictOf } from '../domain/verdict.ts';
import { type InputEventRow, selectInputEvents, selectInputEventsByNumber } from '../storage/input-queries.ts';

/** The snapshot of an event of which the state is not known. */
export const OUTLIER = -1;

/** An event of the room as the input path looks at it. */
export interface KnownEvent {
  readonly event: number;
  readonly eventId: EventId;
  readonly room: number;
  /** State before it; OUTLIER when that is not known. */
  readonly snapshot: number;
  readonly type: number;
  /** 0: not a state event. */
  readonly stateKey: number;
  readonly inTimeline: boolean;
  readonly verdict: Verdict | undefined;
  /** By its auth_events or by the state before it. */
  readonly rejected: boolean;
  /** The redaction in force. */
  readonly redactedBy: number | undefined;
  /** As canonical JSON. */
  readonly json: string;
  readonly pdu: Pdu;
}

/**
 * What one batch has learned of the events that are stored: each is looked up once, by whatever stage asks first. What others change
 * meanwhile (an outlier gets its place, an event is redacted) moves the head of the room, and then this is asked to forget.
 */
export class KnownEvents {
  readonly rules: RoomVersionRules;
  readonly #queryable: Queryable;
  #byId = new Map<EventId, KnownEvent | undefined>();
  #byNumber = new Map<number, KnownEvent>();
  /** Of the commit that is being built. */
  readonly #fresh = new Map<EventId, KnownEvent>();
  readonly #freshByNumber = new Map<number, KnownEvent>();
  readonly #unstored = new Set<number>();

  constructor(rules: RoomVersionRules, queryable: Queryable) {
    this.rules = rules;
    this.#queryable = queryable;
  }

  /** Looks up those that were not looked up yet, in one round trip. */
  async load(eventIds: Iterable<EventId>): Promise<void> {
    const missing = [...new Set(eventIds)].filter((eventId) => !this.#byId.has(eventId));
    if (missing.length === 0) return;
    const keys = missing.map(eventKeyOf);
    const rows = await this.#queryable.query<InputEventRow>(selectInputEvents, [
      keys.map(({ head }) => head),
      keys.map(({ tail }) => tail),
    ]);
    const byKey = new Map(rows.map((row) => [row.key.toString('hex'), row]));
    missing.forEach((eventId, index) => {
      const row = byKey.get(hexOf(keys[index]));
      // The same hash in the other alphabet names no event of this room version.
      const isNamed = row !== undefined && (this.rules.eventIds === 'explicit' || idOf(row, this.rules) === eventId);
      if (row === undefined || !isNamed) this.#byId.set(eventId, undefined);
      else this.#add(new StoredEvent(row, eventId, this.rules));
    });
  }

  /** The same by number. */
  async loadNumbers(events: Iterable<number>): Promise<void> {
    const missing = [...new Set(events)].filter(
      (event) => !this.#byNumber.has(event) && !this.#freshByNumber.has(event),
    );
    if (missing.length === 0) return;
    for (const row of await this.#queryable.query<InputEventRow>(selectInputEventsByNumber, [missing])) {
      this.#add(new StoredEvent(row, idOf(row, this.rules), this.rules));
    }
  }

  /** Lets go of those that were not there, or had no place in the graph: others may have brought them since. */
  doubt(eventIds: readonly EventId[]): void {
    for (const eventId of eventIds) {
      const known = this.#byId.get(eventId);
      if (known === undefined || known.snapshot === OUTLIER) this.#byId.delete(eventId);
    }
  }

  /** An event that was looked up; undefined when it is not stored. */
  get(eventId: EventId): KnownEvent | undefined {
    return this.#fresh.get(eventId) ?? this.#byId.get(eventId);
  }

  /** @throws Error for one that was not loaded. */
  at(event: number): KnownEvent {
    const known = this.#freshByNumber.get(event) ?? this.#byNumber.get(event);
    if (known === undefined) throw new Error(`event ${event} was not loaded before it was asked for`);
    return known;
  }

  /** Whether the event is in the tables; if not, it is of the commit that is being built. */
  isStored(event: number): boolean {
    return !this.#unstored.has(event);
  }

  /** An event, or what is new of a stored one, as it will be once the commit that is being built is done. */
  addFresh(known: KnownEvent, isStored: boolean): void {
    if (!isStored) this.#unstored.add(known.event);
    this.#fresh.set(known.eventId, known);
    this.#freshByNumber.set(known.event, known);
  }

  /** The commit is done. */
  keepFresh(): void {
    for (const known of this.#fresh.values()) this.#add(known);
    this.discardFresh();
  }

  /** The commit is given up. */
  discardFresh(): void {
    this.#fresh.clear();
    this.#freshByNumber.clear();
    this.#unstored.clear();
  }

  /** Everything will be looked up anew. */
  forget(): void {
    this.discardFresh();
    this.#byId = new Map();
    this.#byNumber = new Map();
  }

  #add(known: KnownEvent): void {
    this.#byId.set(known.eventId, known);
    this.#byNumber.set(known.event, known);
  }
}

function idOf(row: InputEventRow, rules: RoomVersionRules): EventId {
  return eventIdOfKey(row.key, rules, rules.eventIds === 'explicit' ? unfoldJson(row.folded_json) : undefined);
}

/** Read when somebody asks for more than its numbers: of most prev events nobody does. */
class StoredEvent implements KnownEvent {
  readonly eventId: EventId;
  readonly verdict: Verdict | undefined;
  readonly rejected: boolean;
  readonly #row: InputEventRow;
  readonly #rules: RoomVersionRules;
  #pdu: Pdu | undefined;

  constructor(row: InputEventRow, eventId: EventId, rules: RoomVersionRules) {
    this.#row = row;
    this.eventId = eventId;
    this.verdict = verdictOf(row.verdict);
    this.rejected = isRejected(this.verdict);
    this.#rules = rules;
  }

  get event(): number {
    return this.#row.event;
  }
  get room(): number {
    return this.#row.room;
  }
  get snapshot(): number {
    return this.#row.snapshot;
  }
  get type(): number {
    return this.#row.type;
  }
  get stateKey(): number {
    return this.#row.state_key;
  }
  get inTimeline(): boolean {
    return this.#row.in_timeline;
  }
  get redactedBy(): number | undefined {
    return this.#row.redacted_by ?? undefined;
  }
  get json(): string {
    return unfoldJson(this.#row.folded_json);
  }
  get pdu(): Pdu {
    this.#pdu ??= storedPdu(this.json, this.eventId, this.#rules);
    return this.#pdu;
  }
}

function hexOf(key: EventKey | undefined): string {
  return key === undefined ? '' : key.head + key.tail;
}
