import type { EventId, RoomId } from '@plexus/matrix';
import type { NewRoom } from '../committer/room-commit.ts';
import { LiveRoom } from '../room-actor/live-room.ts';
import type { Built, RoomTurn } from '../room-actor/room-actor.ts';
import { EMPTY_STATE } from '../state-store/state-store.ts';
import { selectBarred } from '../storage/blocked-rooms.ts';
import type { NumberRange } from '../storage/number-ranges.ts';
import type { InputEvent, InputResult, RoomInput } from './input-event.ts';
import { Section, type SectionContext } from './section.ts';
import { loadFacts } from './section-facts.ts';

export interface CarryOutContext extends SectionContext {
  readonly roomNumbers: NumberRange;
}

export interface CarriedOut {
  readonly results: ReadonlyMap<EventId, InputResult>;
  /** Forward extremities that the room has now. */
  readonly branches: number;
}

/** One commit: what it costs the others in the same batch is about what theirs costs. */
const MAX_SECTION_EVENTS = 512;
const MAX_SECTION_BYTES = 4 * 1024 * 1024;

/**
 * Brings events into their room: one commit for all of them where they follow the room as it is. Where branches disagree about events of the
 * batch itself, these are first stored as outliers, in one commit more.
 */
export async function carryOut(input: RoomInput, turn: RoomTurn, context: CarryOutContext): Promise<CarriedOut> {
  const results = new Map<EventId, InputResult>();
  let branches = 0;
  let remaining = input.events;
  while (remaining.length > 0) {
    const taken = takeSection(remaining);
    const found = await turn.commit((room, isRetry) => {
      if (isRetry) input.known.forget();
      return build(room, input, taken, context);
    });
    if (found === 'store_first') {
      input.known.discardFresh();
      await turn.commit((room, isRetry) => {
        if (isRetry) input.known.forget();
        return build(room, input, taken.map(asOutlier), context);
      });
      input.known.keepFresh();
      continue;
    }
    input.known.keepFresh();
    for (const [eventId, result] of found.results) results.set(eventId, result);
    branches = found.branches;
    remaining = remaining.slice(taken.length);
  }
  return { results, branches };
}

function takeSection(events: readonly InputEvent[]): readonly InputEvent[] {
  let bytes = 0;
  let length = 0;
  for (const { event } of events) {
    bytes += event.json.length;
    if (length > 0 && (length === MAX_SECTION_EVENTS || bytes > MAX_SECTION_BYTES)) break;
    length++;
  }
  return events.slice(0, length);
}

function asOutlier(input: InputEvent): InputEvent {
  return { ...input, placement: { kind: 'outlier' } };
}

type Found = CarriedOut | 'store_first';

async function build(
  live: LiveRoom | undefined,
  input: RoomInput,
  events: readonly InputEvent[],
  context: CarryOutContext,
): Promise<Built<Found>> {
  if (live === undefined && (!input.mayCreate || (await isBarred(input.roomId, context))))
    return { commit: undefined, value: unknownRoom(events) };
  const room = live ?? (await newRoom(input, context));
  const facts = await loadFacts(room, input, events, context);
  const section = new Section({
    room,
    created: live === undefined ? newRoomRow(input) : undefined,
    input,
    facts,
    context,
  });
  for (const event of events)
    if ((await section.add(event)) === 'store_first') return { commit: undefined, value: 'store_first' };
  const value = { results: section.results, branches: room.tip.extremities.length };
  return { commit: section.isEmpty ? undefined : section.finish(), value };
}

/** A room that an administrator has blocked does not come back, nor one whose rows are still going. */
async function isBarred(roomId: RoomId, { queryable }: CarryOutContext): Promise<boolean> {
  return (await queryable.query(selectBarred, [roomId])).length > 0;
}

/** A room of which nothing is stored yet. */
export async function newRoom({ rules }: RoomInput, { roomNumbers }: CarryOutContext): Promise<LiveRoom> {
  return new LiveRoom({
    room: await roomNumbers.take(),
    rules,
    tip: { version: 0, extremities: [], snapshot: EMPTY_STATE, depth: 0 },
    read: async () => [],
  });
}

export function newRoomRow({ roomId, rules }: RoomInput): NewRoom {
  return { roomId, roomVersion: rules.version, published: false, alias: undefined };
}

function unknownRoom(events: readonly InputEvent[]): Found {
  const results = new Map<EventId, InputResult>(
    events.map(({ event: { pdu } }) => [
      pdu.eventId,
      { eventId: pdu.eventId, outcome: 'missing', reason: 'unknown_room' },
    ]),
  );
  return { results, branches: 0 };
}
