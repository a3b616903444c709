import { createEventOfRoomId, type EventId } from '@plexus/matrix';
import { eventKeyOf } from '../domain/event-key.ts';
import type { HistoryPlace, Neighbour } from '../domain/history-place.ts';
import type { LiveRoom } from '../room-actor/live-room.ts';
import {
  type HistoryNeighbourRow,
  selectBackwardExtremities,
  selectPendingRedactions,
} from '../storage/input-queries.ts';
import { historyPlacesOf, neighbourOf } from './history-places.ts';
import type { InputEvent, RoomInput } from './input-event.ts';
import type { ResolutionContext } from './resolve-states.ts';

/** What the tables say of the events of a commit, beside what they refer to. */
export interface SectionFacts {
  /** Those of the events that known events refer to as prev events. */
  readonly referredTo: ReadonlySet<EventId>;
  /** Places of those of the events that are history. */
  readonly historyPlaces: ReadonlyMap<EventId, HistoryPlace>;
  /** Redactions that came before what they redact: their numbers by the first half of their target's key. */
  readonly redactions: ReadonlyMap<string, readonly number[]>;
  /** The room's create event; undefined when nobody knows it yet. */
  readonly createId: EventId | undefined;
}

/** Loads all that the events refer to, in a few round trips whatever their number. */
export async function loadFacts(
  room: LiveRoom,
  input: RoomInput,
  events: readonly InputEvent[],
  context: ResolutionContext,
): Promise<SectionFacts> {
  const { known } = input;
  const pdus = events.map(({ event }) => event.pdu);
  // A commit may bring history before the commit that brings what follows it, which says where it belongs.
  const history = input.events.filter(({ isHistory, placement }) => isHistory && placement.kind !== 'outlier');
  const eventIds = [...new Set([...events, ...history].map(({ event }) => event.pdu.eventId))];
  const prevEvents = pdus.flatMap((pdu) => pdu.prevEvents);
  known.doubt([...eventIds, ...prevEvents]);
  const isNewRoom = room.tip.version === 0;
  const keys = eventIds.map(eventKeyOf);
  const parameters = [room.room, keys.map(({ head }) => head), keys.map(({ tail }) => tail)];
  const [referred, redactions] = await Promise.all([
    isNewRoom ? [] : context.queryable.query<ReferrerRow>(selectBackwardExtremities, parameters),
    isNewRoom ? [] : context.queryable.query<{ head: string; event: number }>(selectPendingRedactions, parameters),
    known.load([
      ...eventIds,
      ...prevEvents,
      ...pdus.flatMap((pdu) => pdu.authEvents),
      ...pdus.flatMap((pdu) => pdu.redacts ?? []),
    ]),
    numberNames(events, context),
    room.load([['m.room.create', '']]),
  ]);
  const createId = createEventOfRoomId(input.roomId) ?? room.at('m.room.create', '')?.pdu.eventId ?? input.createId;
  if (createId !== undefined) await known.load([createId]);
  const following = referrersOf(referred, eventIds);
  return {
    referredTo: new Set(following.keys()),
    historyPlaces: await historyPlacesOf(history.length === 0 ? events : history, following, known, context.queryable),
    redactions: new Map(
      [...Map.groupBy(redactions, ({ head }) => head)].map(([head, rows]) => [head, rows.map(({ event }) => event)]),
    ),
    createId,
  };
}

type ReferrerRow = HistoryNeighbourRow & { readonly head: string };

/** Those of the events that known ones refer to, with what is known of where these are. */
function referrersOf(rows: readonly ReferrerRow[], eventIds: readonly EventId[]): Map<EventId, readonly Neighbour[]> {
  const byHead = Map.groupBy(rows, ({ head }) => head);
  return new Map(
    eventIds.flatMap((eventId) => {
      const referrers = byHead.get(eventKeyOf(eventId).head);
      return referrers === undefined ? [] : [[eventId, referrers.flatMap((row) => neighbourOf(row) ?? [])] as const];
    }),
  );
}

async function numberNames(events: readonly InputEvent[], { names }: ResolutionContext): Promise<void> {
  const pdus = events.map(({ event }) => event.pdu);
  const members = pdus.filter(({ type }) => type === 'm.room.member');
  await Promise.all([
    names.ensure(
      'type',
      pdus.map(({ type }) => type),
    ),
    names.ensure(
      'stateKey',
      pdus.flatMap(({ stateKey }) => stateKey ?? []),
    ),
    names.ensure('user', [...pdus.map(({ sender }) => sender), ...members.flatMap(({ stateKey }) => stateKey ?? [])]),
  ]);
}
