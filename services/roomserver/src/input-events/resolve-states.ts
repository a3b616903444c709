import {
  authEventKeys,
  createEventOfRoomId,
  type EventId,
  type Pdu,
  type RoomId,
  resolveStateInSteps,
  type StateConflict,
  type StateKeyPair,
  stateMapKey,
} from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import type { AuthChains, AuthChainsOfRooms } from '../auth-chains/auth-chains.ts';
import type { RoomserverMetrics } from '../metrics.ts';
import type { StateDifference, StateStore, StateWrite } from '../state-store/state-store.ts';
import type { Names } from '../storage/names.ts';
import type { KnownEvents } from './known-events.ts';
import type { Pace } from './pace.ts';

export interface ResolutionContext {
  readonly queryable: Queryable;
  readonly stateStore: StateStore;
  readonly authChains: AuthChainsOfRooms;
  readonly names: Names;
  readonly metrics: Pick<RoomserverMetrics, 'stateResolutionSeconds'>;
}

/** The room whose states are resolved, as the batch in hand knows it. */
export interface ResolvedRoom {
  readonly roomId: RoomId;
  readonly known: KnownEvents;
  readonly pace: Pace;
  /** For one build of a commit: nothing that is asked about is stored meanwhile. */
  readonly chains: () => Promise<AuthChains>;
}

/**
 * Settles states of a room into one. It costs what they differ in: what is loaded are the events in conflict, those that only some of their
 * auth chains hold, and what authorises them. All that may be thousands of events is done a part at a time, at the pace of the server that
 * sent them. `store_first` when one of them is not in the tables yet. Room version pages, "State resolution".
 */
export async function resolveStates(
  snapshots: readonly number[],
  room: ResolvedRoom,
  context: ResolutionContext,
): Promise<StateWrite | 'store_first'> {
  const { metrics, stateStore } = context;
  const end = metrics.stateResolutionSeconds.startTimer();
  const [base] = snapshots;
  if (base === undefined) throw new Error('a resolution of no states');
  const differences = await stateStore.compare(snapshots);
  const { known, pace } = room;
  const conflicting = [...new Set(differences.flatMap(presentEvents))];
  if (!conflicting.every((event) => known.isStored(event))) return 'store_first';
  const states = snapshots.map((_, index) => differences.flatMap(({ events }) => events[index] ?? []));
  const chains = await room.chains();
  const { stateResolution } = known.rules;
  const difference = stateResolution === 'v1' ? [] : await chains.difference(states, base);
  const subgraph = stateResolution === 'v2.1' ? await chains.subgraph(conflicting) : [];
  const involved = [...new Set([...conflicting, ...difference, ...subgraph])];
  await loadAuthorising(involved, chains, room, context);
  const unconflicted = await loadUnconflicted(involved, base, differences, room, context);
  const resolved = await pace.inSlices(
    resolveStateInSteps({
      rules: known.rules,
      roomId: room.roomId,
      conflicts: differences.map((each) => conflictOf(each, known)),
      unconflicted: (type, stateKey) => unconflicted.get(stateMapKey(type, stateKey)),
      authDifference: await idsOf(difference, room),
      conflictedSubgraph: await idsOf(subgraph, room),
      event: (eventId) => known.get(eventId),
    }),
  );
  end();
  return stateStore.change(base, changesOf(resolved, differences, known));
}

async function idsOf(events: readonly number[], { known, pace }: ResolvedRoom): Promise<ReadonlySet<EventId>> {
  const ids = new Set<EventId>();
  await pace.forEach(events, (event) => ids.add(known.at(event).eventId));
  return ids;
}

/** The events themselves, their auth events, the power levels of their auth chains, and the create event. */
async function loadAuthorising(
  events: readonly number[],
  chains: AuthChains,
  { known, roomId, pace }: ResolvedRoom,
  { names }: ResolutionContext,
): Promise<void> {
  const powerLevels = await chains.chainOf(events, await names.number('type', 'm.room.power_levels'));
  await pace.inParts([...new Set([...events, ...powerLevels])], (part) => known.loadNumbers(part));
  const create = createEventOfRoomId(roomId);
  const cited = new Set<EventId>(create === undefined ? [] : [create]);
  // Events are read when they are looked at first, which is most of the work here.
  await pace.forEach(events, (event) => {
    for (const authEvent of known.at(event).pdu.authEvents)
      if (known.get(authEvent) === undefined) cited.add(authEvent);
  });
  await pace.inParts([...cited], (part) => known.load(part));
}

/** What all states agree on at the places that authorise the events. */
async function loadUnconflicted(
  events: readonly number[],
  base: number,
  differences: readonly StateDifference[],
  { known, pace }: ResolvedRoom,
  { stateStore, names }: ResolutionContext,
): Promise<ReadonlyMap<string, EventId>> {
  const keys = new Map<string, StateKeyPair>([[stateMapKey('m.room.create', ''), ['m.room.create', '']]]);
  await pace.forEach(events, (event) => {
    const { pdu } = known.at(event);
    for (const [type, stateKey] of [...authEventKeys(pdu, known.rules), ...ownKey(pdu)])
      keys.set(stateMapKey(type, stateKey), [type, stateKey]);
  });
  const places = await placesOf([...keys.values()], names);
  const inConflict = new Set(differences.map(({ type, stateKey }) => `${type} ${stateKey}`));
  const agreed = places.filter(({ type, stateKey }) => !inConflict.has(`${type} ${stateKey}`));
  const entries = await stateStore.at(base, agreed);
  await known.loadNumbers(entries.map(({ event }) => event));
  return new Map(
    entries.map(({ event }) => {
      const { pdu } = known.at(event);
      return [stateMapKey(pdu.type, pdu.stateKey ?? ''), pdu.eventId];
    }),
  );
}

function ownKey({ type, stateKey }: Pdu): StateKeyPair[] {
  return stateKey === undefined ? [] : [[type, stateKey]];
}

/** The numbers of keys of state. */
export async function placesOf(keys: readonly StateKeyPair[], names: Names) {
  await Promise.all([
    names.ensure(
      'type',
      keys.map(([type]) => type),
    ),
    names.ensure(
      'stateKey',
      keys.map(([, stateKey]) => stateKey),
    ),
  ]);
  return Promise.all(
    keys.map(async ([type, stateKey]) => ({
      type: await names.number('type', type),
      stateKey: await names.number('stateKey', stateKey),
    })),
  );
}

function conflictOf(difference: StateDifference, known: KnownEvents): StateConflict {
  const events = [...new Set(presentEvents(difference))].map((event) => known.at(event));
  const [first] = events;
  if (first === undefined) throw new Error('a place in conflict without an event');
  const { type, stateKey } = first.pdu;
  return { type, stateKey: stateKey ?? '', eventIds: events.map(({ eventId }) => eventId) };
}

function changesOf(
  resolved: readonly { readonly eventId: EventId }[],
  differences: readonly StateDifference[],
  known: KnownEvents,
) {
  const chosen = new Map<string, number>();
  for (const { eventId } of resolved) {
    const event = known.get(eventId);
    if (event !== undefined) chosen.set(`${event.type} ${event.stateKey}`, event.event);
  }
  return differences.map(({ type, stateKey }) => ({ type, stateKey, event: chosen.get(`${type} ${stateKey}`) }));
}

function presentEvents({ events }: StateDifference): number[] {
  return events.filter((event) => event !== undefined);
}
