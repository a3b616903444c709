import type { EventId, Pdu } from '@plexus/matrix';
import { EMPTY_STATE } from '../state-store/state-store.ts';
import { selectEventsOfTypes } from '../storage/events-of-types.ts';
import type { InputReason } from './input-event.ts';
import type { KnownEvent, KnownEvents } from './known-events.ts';
import type { ResolutionContext } from './resolve-states.ts';
import type { StatesOfEvents } from './states-of-events.ts';

/** Places that are never emptied once they are filled, and that everything else hangs on. */
const LASTING_TYPES = ['m.room.create', 'm.room.power_levels', 'm.room.join_rules'];

/**
 * The state before an event as another server tells it, where the events before it are not to be had. A server that leaves things out would
 * bring back a state from before a ban or a change of power, so it is believed only when it agrees with itself: it has the create event, one
 * event at a place, something at each place that the event cites, and no lasting place empty that was filled according to the auth
 * chains of its own events or the state after the prev events that are known.
 */
export async function stateAfterGap(
  pdu: Pdu,
  claimed: readonly EventId[],
  of: {
    readonly room: number;
    readonly create: KnownEvent | undefined;
    readonly known: KnownEvents;
    readonly states: StatesOfEvents;
  },
  context: ResolutionContext,
): Promise<number | 'store_first' | InputReason> {
  const { known, states, room, create } = of;
  const events = [...new Set(claimed)].map((eventId) => known.get(eventId)).filter((each) => each !== undefined);
  if (events.length < new Set(claimed).size) return 'missing_state';
  const state = events.filter((each) => each.room === room && each.stateKey !== 0 && !each.rejected);
  if (!state.every(({ event }) => known.isStored(event))) return 'store_first';
  const places = new Set(state.map(placeOf));
  const cited = pdu.authEvents.flatMap((eventId) => known.get(eventId) ?? []);
  const isWhole =
    places.size === state.length &&
    create !== undefined &&
    state.some(({ event }) => event === create.event) &&
    cited.every((each) => places.has(placeOf(each))) &&
    (await filledBefore(pdu, state, of, context)).every((place) => places.has(place));
  return isWhole ? states.change(EMPTY_STATE, state) : 'incomplete_state';
}

/** The lasting places that have been filled before. */
async function filledBefore(
  { prevEvents }: Pdu,
  state: readonly KnownEvent[],
  { known, states }: { readonly known: KnownEvents; readonly states: StatesOfEvents },
  { queryable, authChains }: ResolutionContext,
): Promise<string[]> {
  const chain = await authChains.chainOf(state.map(({ event }) => event));
  const found = await queryable.query<{ event: number }>(selectEventsOfTypes, [chain, LASTING_TYPES]);
  await known.loadNumbers(found.map(({ event }) => event));
  const filled = found.map(({ event }) => known.at(event)).filter(({ rejected }) => !rejected);
  for (const eventId of prevEvents) {
    const prevEvent = known.get(eventId);
    if (prevEvent === undefined || prevEvent.snapshot < EMPTY_STATE) continue;
    filled.push(
      ...(await states.at(
        prevEvent.snapshot,
        LASTING_TYPES.map((type) => [type, '']),
      )),
    );
  }
  return filled.map(placeOf);
}

function placeOf({ type, stateKey }: KnownEvent): string {
  return `${type} ${stateKey}`;
}
