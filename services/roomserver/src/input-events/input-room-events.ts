import {
  compileServerAcl,
  DUMMY_EVENT_TYPE,
  type EventId,
  isLocal,
  isUserId,
  type Pdu,
  type RoomId,
  type RoomVersionRules,
  type ServerName,
  type UserId,
} from '@plexus/matrix';
import type { Clock } from '@plexus/observability';
import type { Queryable } from '@plexus/postgres';
import type { RoomserverMetrics } from '../metrics.ts';
import type { LiveRoom } from '../room-actor/live-room.ts';
import { loadRoom } from '../room-actor/load-room.ts';
import type { RoomActors } from '../room-actor/room-actors.ts';
import { selectLocalMember } from '../storage/current-state.ts';
import { type CarryOutContext, carryOut } from './carry-out.ts';
import { FetchBudget } from './fetch-budget.ts';
import { type GateAnswer, passGate } from './gate.ts';
import { gather } from './gather.ts';
import type { GatedEvent, InputResult } from './input-event.ts';
import type { InputTurns } from './input-turns.ts';
import { KnownEvents } from './known-events.ts';
import { otherServers } from './other-servers.ts';
import type { Paces } from './pace.ts';
import { isOutsideMembership, recordMembership } from './record-membership.ts';
import { RemoteAsker } from './remote-asker.ts';
import type { RemoteEvents, ServerKeys } from './remote-events.ts';

export interface InputContext {
  readonly queryable: Queryable;
  readonly actors: RoomActors;
  readonly keys: ServerKeys;
  readonly remote: RemoteEvents;
  readonly clock: Clock;
  readonly metrics: Pick<RoomserverMetrics, 'inputEvents'>;
  readonly carryOut: CarryOutContext;
  readonly serverName: ServerName;
  readonly turns: InputTurns;
  readonly paces: Paces;
}

/** Beyond this many branches this server joins them, if it can: every change of state costs a resolution of them all. */
const MAX_BRANCHES = 10;

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

/**
 * Events of one room on their whole way: gate, what they refer to, room. One result for each text, in order.
 * @throws TooMuchWork when too many inputs of the server, or into the room, wait already.
 */
export async function inputRoomEvents(request: RoomEvents, context: InputContext): Promise<InputResult[]> {
  const turn = { server: request.origin, roomId: request.roomId };
  return counted(await context.turns.take(turn, () => inputInTurn(request, context)), context);
}

/** Counts every result, also those of batches that are refused as a whole: they are what an attack looks like. */
function counted(results: InputResult[], { metrics }: InputContext): InputResult[] {
  for (const { outcome } of results) metrics.inputEvents.inc({ outcome });
  return results;
}

async function inputInTurn(request: RoomEvents, context: InputContext): Promise<InputResult[]> {
  const { origin, roomId, rules, texts, joined, traceparent, isHistory } = request;
  const { queryable, keys, remote, clock } = context;
  const gate = { keys, remote, clock };
  const room = { roomId, rules };
  const answers = await passGate(texts, room, gate);
  const state = passed(await passGate(joined?.state ?? [], room, gate));
  const authChain = passed(await passGate(joined?.authChain ?? [], room, gate));
  const given = passed(answers);
  if (given.length === 0) return answers.map((answer) => resultOf(answer, new Map()));
  const isWrong = joined !== undefined && given.some(({ pdu }) => !isLocalJoin(pdu, context.serverName));
  if (isWrong) return answers.map((answer) => refusedAs(answer, 'malformed', 'no_join'));
  const known = new KnownEvents(rules, queryable);
  const live = await loadRoom(queryable, roomId);
  if (live !== undefined && joined === undefined && !(await mayTakePart(origin, live)))
    return answers.map((answer) => refusedAs(answer, 'rejected', 'denied_server'));
  const others = () => otherServers(live, { roomId, events: given, origin, serverName: context.serverName }, queryable);
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
    asker: new RemoteAsker(room, { origin, others }, new FetchBudget(clock), gate),
  });
  const createId = state.find(({ pdu }) => pdu.type === 'm.room.create' && pdu.stateKey === '')?.pdu.eventId;
  const mayCreate = joined !== undefined;
  const replacesHead = mayCreate && live !== undefined && (await localMember(live, context)) === undefined;
  const pace = context.paces.of(origin);
  const input = { roomId, rules, events, known, pace, createId, mayCreate, replacesHead, traceparent };
  const { results, branches } = await context.actors.take(roomId, (turn) => carryOut(input, turn, context.carryOut));
  if (branches > MAX_BRANCHES && live !== undefined) await joinBranches(live, request, context);
  return answers.map((answer) => resultOf(answer, results));
}

/** Whether the room's server ACL lets the server send into it. Server-Server API, "Server Access Control Lists". */
async function mayTakePart(server: ServerName, room: LiveRoom): Promise<boolean> {
  await room.load([['m.room.server_acl', '']]);
  return compileServerAcl(room.at('m.room.server_acl', '')?.pdu.content).allows(server);
}

async function localMember(room: LiveRoom, { queryable, serverName }: InputContext): Promise<UserId | undefined> {
  const [row] = await queryable.query<{ user_id: string }>(selectLocalMember, [room.room, `:${serverName}`]);
  return isUserId(row?.user_id) ? row.user_id : undefined;
}

/** An event of no meaning that follows all branches, by whoever of this server is in the room; when they may not send it, the bound remains. */
async function joinBranches(room: LiveRoom, { roomId, traceparent }: RoomEvents, context: InputContext): Promise<void> {
  const sender = await localMember(room, context);
  if (sender === undefined) return;
  await context.actors.send(roomId, {
    sender,
    type: DUMMY_EVENT_TYPE,
    stateKey: undefined,
    content: {},
    transaction: undefined,
    originServerTs: undefined,
    redacts: undefined,
    traceparent,
  });
}

/** What this server has asked to join with: a user of its own who joins. */
function isLocalJoin({ type, stateKey, sender, content }: Pdu, serverName: ServerName): boolean {
  return (
    type === 'm.room.member' && stateKey === sender && content['membership'] === 'join' && isLocal(sender, serverName)
  );
}

/**
 * The invite of a local user, or what became of it: as any other event where somebody of this server is in the room, and else by itself.
 * @throws TooMuchWork as above.
 */
export async function inputInvite(
  request: RoomEvents,
  roomState: readonly string[],
  context: InputContext,
): Promise<InputResult[]> {
  const { roomId, rules, texts } = request;
  const { queryable, keys, clock } = context;
  const live = await loadRoom(queryable, roomId);
  if (live !== undefined && (await localMember(live, context)) !== undefined) return inputRoomEvents(request, context);
  const [answer] = await passGate(texts, { roomId, rules }, { keys, clock });
  return counted([await outsideMembership(answer, request, roomState, context)], context);
}

async function outsideMembership(
  answer: GateAnswer | undefined,
  { origin, roomId, rules, traceparent }: RoomEvents,
  roomState: readonly string[],
  context: InputContext,
): Promise<InputResult> {
  const { queryable, actors, serverName } = context;
  if (answer === undefined) return noInvite(undefined);
  if (answer.kind === 'refused') return resultOf(answer, new Map());
  const { event } = answer;
  if (!isOutsideMembership(event.pdu, serverName)) return noInvite(event.pdu.eventId);
  const known = new KnownEvents(rules, queryable);
  const flags = { mayCreate: true, replacesHead: false, createId: undefined };
  const pace = context.paces.of(origin);
  const input = { roomId, rules, events: [], known, pace, traceparent, ...flags };
  return actors.take(roomId, (turn) => recordMembership(event, roomState, input, turn, context.carryOut));
}

function noInvite(eventId: EventId | undefined): InputResult {
  return { eventId, outcome: 'malformed', reason: 'no_invite' };
}

function passed(answers: readonly GateAnswer[]): GatedEvent[] {
  return answers.flatMap((each) => (each.kind === 'passed' ? [each.event] : []));
}

/** The result of an event of a batch that is refused as a whole; what is wrong with the event itself is said first. */
function refusedAs(
  answer: GateAnswer,
  outcome: InputResult['outcome'],
  reason: NonNullable<InputResult['reason']>,
): InputResult {
  if (answer.kind === 'refused') return resultOf(answer, new Map());
  return { eventId: answer.event.pdu.eventId, outcome, reason };
}

function resultOf(answer: GateAnswer, results: ReadonlyMap<EventId, InputResult>): InputResult {
  if (answer.kind === 'refused') {
    const outcome = answer.reason === 'key_not_available' ? 'missing' : 'malformed';
    return { eventId: answer.eventId, outcome, reason: answer.reason };
  }
  const { eventId } = answer.event.pdu;
  return results.get(eventId) ?? { eventId, outcome: 'missing', reason: 'missing_prev_events' };
}
