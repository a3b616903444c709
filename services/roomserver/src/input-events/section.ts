import type { EventId, Pdu } from '@plexus/matrix';
import type { NewRoom, RoomCommit } from '../committer/room-commit.ts';
import { eventKeyOf } from '../domain/event-key.ts';
import { isRejected, verdictNumber } from '../domain/verdict.ts';
import type { LiveRoom } from '../room-actor/live-room.ts';
import type { NumberRange } from '../storage/number-ranges.ts';
import { stateAfterGap } from './claimed-state.ts';
import { CurrentRoom } from './current-room.ts';
import type { InputEvent, InputReason, InputResult, RoomInput } from './input-event.ts';
import { type Judgement, judgeByAuthEvents, judgeByStates } from './judge-event.ts';
import { type KnownEvent, type KnownEvents, OUTLIER } from './known-events.ts';
import { redactedByWaiting, redactTarget } from './redactions.ts';
import type { ResolutionContext } from './resolve-states.ts';
import type { SectionFacts } from './section-facts.ts';
import { SectionRows } from './section-rows.ts';
import { StatesOfEvents } from './states-of-events.ts';

export interface SectionContext extends ResolutionContext {
  readonly eventNumbers: NumberRange;
}

/**
 * Events of one room on their way into one commit, in an order in which each comes after what it refers to. It moves the room in memory
 * along; when it is given up, the room in memory must be too.
 */
export class Section {
  readonly results = new Map<EventId, InputResult>();
  readonly #rows = new SectionRows();
  readonly #room: LiveRoom;
  readonly #input: RoomInput;
  readonly #known: KnownEvents;
  readonly #context: SectionContext;
  readonly #facts: SectionFacts;
  readonly #states: StatesOfEvents;
  readonly #current: CurrentRoom;
  readonly #created: NewRoom | undefined;
  readonly #before: LiveRoom['tip'];

  constructor(of: {
    readonly room: LiveRoom;
    readonly created: NewRoom | undefined;
    readonly input: RoomInput;
    readonly facts: SectionFacts;
    readonly context: SectionContext;
  }) {
    this.#room = of.room;
    this.#created = of.created;
    this.#input = of.input;
    this.#known = of.input.known;
    this.#context = of.context;
    this.#facts = of.facts;
    this.#before = of.room.tip;
    this.#states = new StatesOfEvents(of.room.room, of.input, of.context, this.#rows.stateWrites);
    this.#current = new CurrentRoom(of.room, of.input, this.#states, this.#rows, of.context);
  }

  get isEmpty(): boolean {
    return this.#rows.isEmpty;
  }

  /** The commit of all that was added, and the room's tip as it leaves it. */
  finish(): RoomCommit {
    const { tip } = this.#room;
    this.#room.tip = { ...tip, version: this.#before.version + 1 };
    return this.#rows.commit(this.#room.room, this.#before, this.#room.tip, this.#created);
  }

  async add(input: InputEvent): Promise<'done' | 'store_first'> {
    const { pdu } = input.event;
    const found = this.#known.get(pdu.eventId);
    if (found !== undefined && found.room !== this.#room.room) return this.#note(pdu, 'malformed', 'wrong_room');
    const isThere = found !== undefined && (found.snapshot !== OUTLIER || input.placement.kind === 'outlier');
    if (isThere) return this.#note(pdu, 'already_known', 'already_known');
    const authEvents = pdu.authEvents.map((eventId) => this.#known.get(eventId)).filter((each) => each !== undefined);
    if (authEvents.length < pdu.authEvents.length) return this.#note(pdu, 'missing', 'missing_auth_events');
    const byAuthEvents = judgeByAuthEvents(pdu, authEvents, this.#create(), {
      room: this.#room.room,
      createId: this.#facts.createId,
      rules: this.#known.rules,
    });
    if (input.placement.kind === 'outlier') {
      await this.#store(input, { found, snapshot: OUTLIER, judgement: byAuthEvents, inTimeline: false });
      return this.#noteJudged(pdu, byAuthEvents);
    }
    const before = await this.#stateBefore(input);
    if (typeof before !== 'number') return before === 'store_first' ? before : this.#note(pdu, 'missing', before);
    return this.#place(input, found, before, byAuthEvents);
  }

  /** Gives the event its place in the graph. */
  async #place(
    input: InputEvent,
    found: KnownEvent | undefined,
    before: number,
    byAuthEvents: Judgement | undefined,
  ): Promise<'done' | 'store_first'> {
    const { pdu } = input.event;
    // An invite that was shown before its room was joined has been told of already.
    const wasShown = found?.inTimeline ?? false;
    const isHistory = input.isHistory || wasShown || this.#facts.referredTo.has(pdu.eventId);
    const place = { before, isHistory, isAfterGap: input.placement.kind === 'after_gap' };
    const judgement = byAuthEvents ?? (await judgeByStates(pdu, place, this.#room, this.#states));
    if (judgement === 'store_first') return judgement;
    const inTimeline = judgement === undefined && !isHistory;
    const [replaced] = pdu.stateKey === undefined ? [] : await this.#states.at(before, [[pdu.type, pdu.stateKey]]);
    const stored = await this.#store(input, { found, snapshot: before, judgement, inTimeline, replaced });
    this.#noteEdges(input, stored);
    if (isHistory && !wasShown) this.#placeInHistory(stored, replaced, judgement);
    if (inTimeline && (await this.#current.advance(stored, before, replaced)) === 'store_first') return 'store_first';
    if (stored.redactedBy !== undefined) {
      await this.#known.loadNumbers([stored.redactedBy]);
      this.#current.redacted(stored, this.#known.at(stored.redactedBy));
    }
    if (judgement === undefined) await this.#redact(stored, pdu);
    return this.#noteJudged(pdu, judgement);
  }

  /** What is not shown has its place too: it says where the events are that it refers to. */
  #placeInHistory(stored: KnownEvent, replaced: KnownEvent | undefined, judgement: Judgement | undefined): void {
    const place = this.#facts.historyPlaces.get(stored.eventId);
    if (place !== undefined) this.#rows.historyPlaces.push({ event: stored.event, ...place });
    if (judgement === undefined) this.#current.logHistory(stored, replaced, place);
  }

  async #stateBefore({ event: { pdu }, placement }: InputEvent): Promise<number | 'store_first' | InputReason> {
    if (placement.kind === 'after_gap') {
      const of = { room: this.#room.room, create: this.#create(), known: this.#known, states: this.#states };
      return stateAfterGap(pdu, placement.state, of, this.#context);
    }
    const prevEvents = pdu.prevEvents.map((eventId) => this.#known.get(eventId)).filter((each) => each !== undefined);
    const areKnown = prevEvents.every(({ snapshot, room }) => snapshot !== OUTLIER && room === this.#room.room);
    if (prevEvents.length < pdu.prevEvents.length || !areKnown) return 'missing_prev_events';
    const after: number[] = [];
    for (const prevEvent of prevEvents) after.push(await this.#states.after(prevEvent));
    return this.#states.joined(after);
  }

  /** The room's create event, once it is known. */
  #create(): KnownEvent | undefined {
    return this.#facts.createId === undefined ? undefined : this.#known.get(this.#facts.createId);
  }

  async #store(
    input: InputEvent,
    as: {
      readonly found: KnownEvent | undefined;
      readonly snapshot: number;
      readonly judgement: Judgement | undefined;
      readonly inTimeline: boolean;
      readonly replaced?: KnownEvent | undefined;
    },
  ): Promise<KnownEvent> {
    const { names, eventNumbers } = this.#context;
    const { found, snapshot, judgement, replaced } = as;
    // What was stored before may be redacted by now.
    const { pdu, json } = found ?? input.event;
    const redacted = await redactedByWaiting({ pdu, json }, this.#redactionContext());
    const event = found?.event ?? (await eventNumbers.take());
    const numbers = {
      type: await names.number('type', pdu.type),
      stateKey: pdu.stateKey === undefined ? undefined : await names.number('stateKey', pdu.stateKey),
      sender: await names.number('user', pdu.sender),
    };
    const previous = this.#onlyPrevious(pdu);
    const { traceparent } = this.#input;
    const row = { event, snapshotBefore: snapshot, replaces: replaced?.event, previous, traceparent };
    const noTransaction = { deviceId: undefined, transactionId: undefined, transactionKey: undefined };
    if (found !== undefined) this.#rows.placed.push(row);
    else this.#rows.events.push({ ...row, ...numbers, ...noTransaction, key: eventKeyOf(pdu.eventId), json });
    if (redacted !== undefined)
      this.#rows.redactions.push({
        event,
        redactedBy: redacted.redaction.event,
        json: redacted.event.json,
        original: json,
      });
    if (judgement !== undefined)
      this.#rows.verdicts.push({ event, verdict: verdictNumber(judgement.verdict), reason: judgement.reason });
    const stored: KnownEvent = {
      event,
      eventId: pdu.eventId,
      room: this.#room.room,
      snapshot,
      type: numbers.type,
      stateKey: numbers.stateKey ?? 0,
      inTimeline: as.inTimeline || (found?.inTimeline ?? false),
      verdict: judgement?.verdict,
      rejected: isRejected(judgement?.verdict),
      redactedBy: redacted?.redaction.event ?? found?.redactedBy,
      ...(redacted?.event ?? { pdu, json }),
    };
    this.#known.addFresh(stored, found !== undefined);
    return stored;
  }

  #onlyPrevious({ prevEvents }: Pdu): number | undefined {
    const [only] = prevEvents;
    const known = only === undefined || prevEvents.length > 1 ? undefined : this.#known.get(only);
    return known === undefined || known.snapshot === OUTLIER ? undefined : known.event;
  }

  /** Notes where the graph ends, and where it does no longer. */
  #noteEdges({ event: { pdu } }: InputEvent, stored: KnownEvent): void {
    if (this.#facts.referredTo.has(pdu.eventId)) this.#rows.filled.push(eventKeyOf(pdu.eventId));
    for (const eventId of pdu.prevEvents) {
      const known = this.#known.get(eventId);
      if (known === undefined || known.snapshot === OUTLIER)
        this.#rows.backward.push({ key: eventKeyOf(eventId), event: stored.event });
    }
  }

  /** What the event redacts, if it is a redaction; one that is redacted itself has done so before. */
  async #redact(stored: KnownEvent, { redacts }: Pdu): Promise<void> {
    if (redacts === undefined || redacts === stored.eventId) return;
    const redaction = await redactTarget(stored, redacts, this.#redactionContext());
    if (redaction === undefined) return;
    const { target, row } = redaction;
    this.#rows.redactions.push(row);
    this.#current.redacted(target, stored);
  }

  #redactionContext() {
    return {
      room: this.#room.room,
      known: this.#known,
      states: this.#states,
      rows: this.#rows,
      arriving: this.#facts.redactions,
    };
  }

  #noteJudged(pdu: Pdu, judgement: Judgement | undefined): 'done' {
    if (judgement === undefined) return this.#note(pdu, 'accepted', undefined);
    return this.#note(pdu, isRejected(judgement.verdict) ? 'rejected' : 'soft_failed', judgement.reason);
  }

  #note({ eventId }: Pdu, outcome: InputResult['outcome'], reason: InputReason | undefined): 'done' {
    this.results.set(eventId, { eventId, outcome, reason });
    return 'done';
  }
}
