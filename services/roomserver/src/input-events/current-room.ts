import type { EventId, StateKeyPair } from '@plexus/matrix';
import type { LogItem } from '../committer/room-commit.ts';
import type { HistoryPlace } from '../domain/history-place.ts';
import {
  eventEntry,
  redactedEntry,
  type StrippedSource,
  showsStrippedState,
  type stateChangeOf,
  strippedStateKeys,
} from '../domain/log-entry.ts';
import type { LiveRoom, Tip } from '../room-actor/live-room.ts';
import type { StateDifference } from '../state-store/state-store.ts';
import { describeChanges } from '../storage/state-transitions.ts';
import type { RoomInput } from './input-event.ts';
import { type KnownEvent, type KnownEvents, OUTLIER } from './known-events.ts';
import type { ResolutionContext } from './resolve-states.ts';
import type { SectionRows } from './section-rows.ts';
import type { StatesOfEvents } from './states-of-events.ts';

/**
 * As many as an event of this server may refer to, so that the state before it is always the room's current state (MAX_PREV_EVENTS). A new
 * branch beyond them is stored and shown, but no extremity until something joins it: whoever makes branches by the hundred displaces nobody.
 */
export const MAX_FORWARD_EXTREMITIES = 20;

/** A chain of rejected and soft-failed events is followed back this far for the extremities that it hides. */
const MAX_HIDDEN_STEPS = 64;

/** The end of a room's graph and its current state, moved along by events that are accepted, and what the log says of that. */
export class CurrentRoom {
  readonly #room: LiveRoom;
  readonly #input: RoomInput;
  readonly #known: KnownEvents;
  readonly #states: StatesOfEvents;
  readonly #rows: SectionRows;
  readonly #context: ResolutionContext;

  constructor(room: LiveRoom, input: RoomInput, states: StatesOfEvents, rows: SectionRows, context: ResolutionContext) {
    this.#room = room;
    this.#input = input;
    this.#known = input.known;
    this.#states = states;
    this.#rows = rows;
    this.#context = context;
    const [only, ...others] = room.tip.extremities;
    if (only !== undefined && others.length === 0) states.noteAfter(only.event, room.tip.snapshot);
  }

  /** Makes the event a forward extremity in the place of those it follows, and brings the current state to what it is now. */
  async advance(stored: KnownEvent, before: number, replaced: KnownEvent | undefined): Promise<'done' | 'store_first'> {
    const { tip } = this.#room;
    const followed = await this.#followedBy(stored.pdu.prevEvents);
    const left = this.#input.replacesHead ? [] : tip.extremities.filter(({ event }) => !followed.has(event));
    const isExtremity = left.length < MAX_FORWARD_EXTREMITIES;
    const after = await this.#states.after(stored);
    const snapshot = isExtremity ? await this.#joined(left, after) : tip.snapshot;
    if (snapshot === 'store_first') return snapshot;
    this.#room.tip = {
      version: tip.version,
      extremities: isExtremity ? [...left, { event: stored.event, eventId: stored.eventId }] : tip.extremities,
      snapshot,
      depth: Math.max(tip.depth, Math.min(stored.pdu.depth, Number.MAX_SAFE_INTEGER)),
    };
    const isPlain = before === tip.snapshot && snapshot === after;
    const differences = isPlain ? ownDifference(stored, replaced) : await this.#differences(tip.snapshot, snapshot);
    for (const difference of differences) await this.#changePlace(difference);
    const isOwn = isPlain || (stored.stateKey === 0 && differences.length === 0);
    if (!isOwn) this.#rows.transitions.push({ event: stored.event, before: tip.snapshot, after: snapshot });
    await this.#logEvent(stored, { before, replaced, changes: isOwn ? undefined : differences });
    return 'done';
  }

  /** An event of history is told to those who keep an index, and changes nothing. */
  logHistory(stored: KnownEvent, replaced: KnownEvent | undefined, historyPlace: HistoryPlace | undefined): void {
    this.#rows.log.push({
      kind: 'historical',
      ...this.#item(stored, { replaced, historical: true, historyPlace, stateChanges: [] }),
    });
  }

  /** Takes the redacted form of an event of the current state, and tells of it whoever has been told of the event. */
  redacted(target: KnownEvent, redaction: KnownEvent): void {
    this.#room.redact(target);
    if (target.snapshot === OUTLIER || target.verdict !== undefined) return;
    const entry = redactedEntry({
      roomId: this.#input.roomId,
      eventId: target.eventId,
      redactionEventId: redaction.eventId,
      json: target.json,
    });
    const { traceparent } = this.#input;
    this.#rows.log.push({ kind: 'redacted', event: target.event, cause: redaction.event, traceparent, entry });
  }

  /** The prev events, and what lies behind those that no event of this server would refer to. */
  async #followedBy(prevEvents: readonly EventId[]): Promise<ReadonlySet<number>> {
    const followed = new Set<number>();
    let level: readonly EventId[] = prevEvents;
    for (let step = 0; level.length > 0 && step < MAX_HIDDEN_STEPS; step++) {
      await this.#known.load(level);
      const events = level.flatMap((eventId) => this.#known.get(eventId) ?? []);
      const hidden = events.filter(({ event, verdict, snapshot }) => {
        const isNew = !followed.has(event);
        followed.add(event);
        return isNew && verdict !== undefined && snapshot !== OUTLIER;
      });
      level = hidden.flatMap(({ pdu }) => pdu.prevEvents);
    }
    return followed;
  }

  async #joined(left: Tip['extremities'], after: number): Promise<number | 'store_first'> {
    const states = [after];
    await this.#known.loadNumbers(left.map(({ event }) => event));
    for (const { event } of left) states.push(await this.#states.after(this.#known.at(event)));
    return this.#states.joined(states);
  }

  async #differences(before: number, after: number): Promise<readonly StateDifference[]> {
    if (before === after) return [];
    const differences = await this.#context.stateStore.compare([before, after]);
    await this.#known.loadNumbers(differences.flatMap(({ events }) => events.filter((event) => event !== undefined)));
    return differences;
  }

  async #changePlace({ type, stateKey, events: [before, after] }: StateDifference): Promise<void> {
    const event = after === undefined ? undefined : this.#known.at(after);
    const key = keyOf(event ?? this.#known.at(before ?? Number.NaN));
    const user = key[0] === 'm.room.member' ? await this.#context.names.number('user', key[1]) : undefined;
    this.#rows.setPlace({ type, stateKey, event, user });
    this.#room.change(key, event);
  }

  async #logEvent(
    stored: KnownEvent,
    of: {
      readonly before: number;
      readonly replaced: KnownEvent | undefined;
      readonly changes: readonly StateDifference[] | undefined;
    },
  ): Promise<void> {
    const { pdu } = stored;
    const shown = showsStrippedState(pdu.type, pdu.content)
      ? await this.#states.at(of.before, strippedStateKeys(pdu.sender))
      : [];
    const stateChanges = of.changes && describeChanges(of.changes, (event) => named(this.#known.at(event)));
    const item = this.#item(stored, {
      replaced: of.replaced,
      strippedState: shown.map((each) => each.pdu),
      stateChanges,
    });
    this.#rows.log.push({ kind: 'event', ...item });
  }

  #item(
    { event, json, pdu }: KnownEvent,
    rest: {
      readonly replaced: KnownEvent | undefined;
      readonly strippedState?: readonly StrippedSource[];
      readonly stateChanges: ReturnType<typeof describeChanges> | undefined;
      readonly historical?: boolean;
      readonly historyPlace?: HistoryPlace | undefined;
    },
  ): Omit<Extract<LogItem, { kind: 'event' }>, 'kind'> {
    const entry = eventEntry({
      ...pdu,
      roomVersion: this.#room.rules.version,
      json,
      deviceId: undefined,
      transactionId: undefined,
      strippedState: [],
      ...rest,
      replaced: rest.replaced?.pdu,
    });
    return { event, traceparent: this.#input.traceparent, entry };
  }
}

function ownDifference(stored: KnownEvent, replaced: KnownEvent | undefined): StateDifference[] {
  const { type, stateKey, event } = stored;
  return stateKey === 0 ? [] : [{ type, stateKey, events: [replaced?.event, event] }];
}

function keyOf({ pdu }: KnownEvent): StateKeyPair {
  return [pdu.type, pdu.stateKey ?? ''];
}

function named({
  eventId,
  pdu,
}: KnownEvent): Parameters<typeof stateChangeOf>[0] & { eventId: EventId; content: KnownEvent['pdu']['content'] } {
  return { type: pdu.type, stateKey: pdu.stateKey ?? '', eventId, content: pdu.content };
}
