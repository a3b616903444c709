import {
  type AuthDecision,
  type AuthState,
  authEventKeys,
  authorise,
  checkAuthEvents,
  type EventId,
  type Pdu,
  type RoomVersionRules,
  type StateKeyPair,
  stateMapKey,
} from '@plexus/matrix';
import type { Verdict } from '../domain/verdict.ts';
import type { LiveRoom } from '../room-actor/live-room.ts';
import type { InputReason } from './input-event.ts';
import type { KnownEvent } from './known-events.ts';
import type { StatesOfEvents } from './states-of-events.ts';

/** What stands against an event, and why. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: InputReason;
}

/**
 * Judges an event by what it cites, which is the same at all times and on all servers. `create` is the room's create event, which in room
 * version 12 nothing cites. Server-Server API, "Checks performed on receipt of a PDU", step 4.
 */
export function judgeByAuthEvents(
  pdu: Pdu,
  authEvents: readonly KnownEvent[],
  create: KnownEvent | undefined,
  of: { readonly room: number; readonly createId: EventId | undefined; readonly rules: RoomVersionRules },
): Judgement | undefined {
  if (authEvents.some(({ room }) => room !== of.room)) return rejected('auth_event_of_another_room');
  const isCreate = pdu.type === 'm.room.create' && of.createId !== undefined;
  if (isCreate && of.createId !== pdu.eventId) return rejected('second_create_event');
  const selection = checkAuthEvents(pdu, authEvents, of.rules);
  const decision = selection.allowed
    ? authorise(pdu, stateOf([...authEvents.map((each) => each.pdu), ...uncited(create, of.rules)]), of.rules)
    : selection;
  return decision.allowed ? undefined : rejected(decision.reason);
}

/** Where an event stands in its room, as far as its judgement goes. */
export interface EventPlace {
  /** State before it. */
  readonly before: number;
  readonly isHistory: boolean;
  /** The state before it was told by another server. */
  readonly isAfterGap: boolean;
}

/**
 * Judges an event by the state before it and by the room's current state: steps 5 and 6. `room` holds the current state; after a gap, in which
 * this server has missed what happened, both states together are the current one: whoever came in meanwhile is in, whoever was banned is out.
 */
export async function judgeByStates(
  pdu: Pdu,
  { before, isHistory, isAfterGap }: EventPlace,
  room: LiveRoom,
  states: StatesOfEvents,
): Promise<Judgement | undefined | 'store_first'> {
  const keys: StateKeyPair[] = [['m.room.create', ''], ...authEventKeys(pdu, room.rules)];
  const byState = await judgeBySnapshot(pdu, before, keys, room, states);
  if (!byState.allowed) return { verdict: 'rejected_by_state', reason: byState.reason };
  if (isHistory || before === room.tip.snapshot || room.tip.extremities.length === 0) return undefined;
  const current = isAfterGap ? await states.joined([room.tip.snapshot, before]) : room.tip.snapshot;
  if (current === 'store_first') return current;
  const byCurrent = isAfterGap
    ? await judgeBySnapshot(pdu, current, keys, room, states)
    : await judgeByRoom(pdu, keys, room);
  return byCurrent.allowed ? undefined : { verdict: 'soft_failed', reason: byCurrent.reason };
}

async function judgeBySnapshot(
  pdu: Pdu,
  snapshot: number,
  keys: readonly StateKeyPair[],
  { rules }: LiveRoom,
  states: StatesOfEvents,
): Promise<AuthDecision> {
  const events = await states.at(snapshot, keys);
  return authorise(pdu, stateOf(events.map((known) => known.pdu)), rules);
}

async function judgeByRoom(pdu: Pdu, keys: readonly StateKeyPair[], room: LiveRoom): Promise<AuthDecision> {
  await room.load(keys);
  return authorise(pdu, (type, stateKey) => room.at(type, stateKey)?.pdu, room.rules);
}

function stateOf(pdus: readonly Pdu[]): AuthState {
  const byKey = new Map(pdus.map((pdu) => [stateMapKey(pdu.type, pdu.stateKey ?? ''), pdu]));
  return (type, stateKey) => byKey.get(stateMapKey(type, stateKey));
}

function uncited(create: KnownEvent | undefined, rules: RoomVersionRules): Pdu[] {
  return create === undefined || rules.createInAuthEvents ? [] : [create.pdu];
}

function rejected(reason: InputReason): Judgement {
  return { verdict: 'rejected_by_auth_events', reason };
}
