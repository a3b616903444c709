import type {
  BackwardExtremityRow,
  EventRow,
  InputRows,
  LogItem,
  NewRoom,
  RedactionRow,
  RoomCommit,
} from '../committer/room-commit.ts';
import type { EventKey } from '../domain/event-key.ts';
import { membershipNumber } from '../domain/membership.ts';
import type { Tip } from '../room-actor/live-room.ts';
import type { StateWrite } from '../state-store/state-store.ts';
import type { KnownEvent } from './known-events.ts';

/** A place of the current state as a commit leaves it. */
export type CurrentPlace =
  | { readonly type: number; readonly stateKey: number; readonly event: KnownEvent; readonly user: number | undefined }
  | { readonly type: number; readonly stateKey: number; readonly event: undefined; readonly user: number | undefined };

/** The rows of one commit of input events, as they come together event by event. */
export class SectionRows {
  readonly events: EventRow[] = [];
  readonly stateWrites: StateWrite[] = [];
  readonly redactions: RedactionRow[] = [];
  readonly log: LogItem[] = [];
  readonly verdicts: InputRows['verdicts'][number][] = [];
  readonly transitions: InputRows['transitions'][number][] = [];
  readonly placed: InputRows['placed'][number][] = [];
  readonly backward: BackwardExtremityRow[] = [];
  readonly filled: EventKey[] = [];
  readonly historyPlaces: InputRows['historyPlaces'][number][] = [];
  pendingRedactions: InputRows['pendingRedactions'][number][] = [];
  readonly metRedactions: EventKey[] = [];
  /** Of all changes at one place the last counts. */
  readonly #places = new Map<string, CurrentPlace>();

  setPlace(place: CurrentPlace): void {
    this.#places.set(`${place.type} ${place.stateKey}`, place);
  }

  /** Redactions of this commit that wait for an event which it brings too. */
  takePendingRedactions({ head, tail }: EventKey): number[] {
    const waits = ({ target }: { readonly target: EventKey }) => target.head === head && target.tail === tail;
    const taken = this.pendingRedactions.filter(waits);
    this.pendingRedactions = this.pendingRedactions.filter((each) => !waits(each));
    return taken.map(({ event }) => event);
  }

  get isEmpty(): boolean {
    return this.events.length + this.placed.length === 0;
  }

  commit(room: number, before: Tip, after: Tip, created: NewRoom | undefined): RoomCommit {
    const places = [...this.#places.values()];
    const { verdicts, transitions, placed, backward, filled, historyPlaces, pendingRedactions, metRedactions } = this;
    return {
      room,
      expected: before.version,
      head: { ...after, extremities: after.extremities.map(({ event }) => event) },
      created,
      events: this.events,
      stateWrites: this.stateWrites,
      state: places.flatMap(({ type, stateKey, event, user }) =>
        event === undefined || user !== undefined ? [] : [{ type, stateKey, event: event.event }],
      ),
      memberships: places.flatMap(({ event, user }) =>
        event === undefined || user === undefined
          ? []
          : [{ user, membership: membershipOf(event), event: event.event }],
      ),
      redactions: this.redactions,
      log: this.log,
      input: {
        verdicts,
        transitions,
        placed,
        emptied: places.filter(({ event, user }) => event === undefined && user === undefined),
        departed: places.flatMap(({ event, user }) => (event === undefined && user !== undefined ? [user] : [])),
        inviteStates: [],
        backward,
        filled,
        historyPlaces,
        pendingRedactions,
        metRedactions,
      },
    };
  }
}

function membershipOf({ pdu }: KnownEvent): number {
  const membership = pdu.content['membership'];
  const number = typeof membership === 'string' ? membershipNumber(membership) : undefined;
  if (number === undefined) throw new Error('a member event without a membership passed the auth rules');
  return number;
}
