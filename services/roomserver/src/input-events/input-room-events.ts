import type { EventId, RoomId, RoomVersionRules, ServerName } from '@plexus/matrix';
import type { Clock } from '@plexus/observability';
import type { Queryable } from '@plexus/postgres';
import { loadRoom } from '../room-actor/load-room.ts';
import type { RoomActors } from '../room-actor/room-actors.ts';
import { type CarryOutContext, carryOut } from './carry-out.ts';
import { FetchBudget } from './fetch-budget.ts';
import { type GateAnswer, passGate } from './gate.ts';
import { gather } from './gather.ts';
import type { GatedEvent, InputResult } from './input-event.ts';
import { KnownEvents } from './known-events.ts';
import { RemoteAsker } from './remote-asker.ts';
import type { RemoteEvents, ServerKeys } from './remote-events.ts';

export interface InputContext {
  readonly queryable: Queryable;
  readonly actors: RoomActors;
  readonly keys: ServerKeys;
  readonly remote: RemoteEvents;
  readonly clock: Clock;
  readonly carryOut: CarryOutContext;
}

/** Events of one room as another server gave them. */
export interface RoomEvents {
  readonly origin: ServerName;
  readonly roomId: RoomId;
  readonly rules: RoomVersionRules;
  readonly texts: readonly string[];
  /** Of a room that is joined: the state before the event, and what that is authorised by. */
  readonly joined: { readonly state: readonly string[]; readonly authChain: readonly string[] } | undefined;
  readonly isHistory: boolean;
  readonly traceparent: string;
}

/** Events of one room on their whole way: gate, what they refer to, room. One result for each text, in order. */
export async function inputRoomEvents(request: RoomEvents, context: InputContext): Promise<InputResult[]> {
  const { origin, roomId, rules, texts, joined, traceparent, isHistory } = request;
  const { queryable, keys, remote, clock } = context;
  const gate = { keys, remote, clock };
  const room = { server: origin, roomId, rules };
  const answers = await passGate(texts, room, gate);
  const state = passed(await passGate(joined?.state ?? [], room, gate));
  const authChain = passed(await passGate(joined?.authChain ?? [], room, gate));
  const given = passed(answers);
  const known = new KnownEvents(rules, queryable);
  const live = await loadRoom(queryable, roomId);
  const stateIds = state.map(({ pdu }) => pdu.eventId);
  const events = await gather({
    roomId,
    rules,
    given,
    cited: [...state, ...authChain],
    givenState: new Map(joined === undefined ? [] : given.map(({ pdu }) => [pdu.eventId, stateIds])),
    isHistory,
    extremities: live?.tip.extremities.map(({ eventId }) => eventId) ?? [],
    known,
    asker: new RemoteAsker(room, new FetchBudget(clock), gate),
  });
  const createId = state.find(({ pdu }) => pdu.type === 'm.room.create' && pdu.stateKey === '')?.pdu.eventId;
  const input = { roomId, rules, events, known, createId, mayCreate: joined !== undefined, traceparent };
  const results =
    events.length === 0
      ? new Map()
      : await context.actors.take(roomId, (turn) => carryOut(input, turn, context.carryOut));
  return answers.map((answer) => resultOf(answer, results));
}

function passed(answers: readonly GateAnswer[]): GatedEvent[] {
  return answers.flatMap((each) => (each.kind === 'passed' ? [each.event] : []));
}

function resultOf(answer: GateAnswer, results: ReadonlyMap<EventId, InputResult>): InputResult {
  if (answer.kind === 'refused') {
    const outcome = answer.reason === 'key_not_available' ? 'missing' : 'malformed';
    return { eventId: answer.eventId, outcome, reason: answer.reason };
  }
  const { eventId } = answer.event.pdu;
  return results.get(eventId) ?? { eventId, outcome: 'missing', reason: 'missing_prev_events' };
}
