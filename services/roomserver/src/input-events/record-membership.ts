import type { Pdu, ServerName } from '@plexus/matrix';
import type { InputRows, RoomCommit } from '../committer/room-commit.ts';
import { eventKeyOf } from '../domain/event-key.ts';
import { inviteStateOf, inviteStateText } from '../domain/invite-state.ts';
import { eventEntry } from '../domain/log-entry.ts';
import { membershipNumber } from '../domain/membership.ts';
import { mayEndMembership } from '../domain/outside-membership.ts';
import type { LiveRoom } from '../room-actor/live-room.ts';
import type { RoomTurn } from '../room-actor/room-actor.ts';
import { readInviteStates } from '../storage/invite-states.ts';
import { readOutsideMembership } from '../storage/outside-memberships.ts';
import { type CarryOutContext, newRoom, newRoomRow } from './carry-out.ts';
import type { GatedEvent, InputResult, RoomInput } from './input-event.ts';
import { OUTLIER } from './known-events.ts';

/** Memberships that a user has in a room of which this server knows nothing else. */
const OUTSIDE_MEMBERSHIPS = ['invite', 'knock', 'leave'];

/** Whether the event says of a local user what can be true without anybody of this server in the room. */
export function isOutsideMembership({ type, stateKey, content }: Pdu, serverName: ServerName): boolean {
  const { membership } = content;
  const isOutside = typeof membership === 'string' && OUTSIDE_MEMBERSHIPS.includes(membership);
  return type === 'm.room.member' && isOutside && stateKey?.endsWith(`:${serverName}`) === true;
}

/**
 * Notes the invite of a local user into a room that nobody of this server is in, or what became of it. What authorises it is not known, so it
 * is an outlier and taken on its sender's word; what the room looks like is what that server shows. The user's clients are told.
 */
export async function recordMembership(
  event: GatedEvent,
  roomState: readonly string[],
  input: RoomInput,
  turn: RoomTurn,
  context: CarryOutContext,
): Promise<InputResult> {
  const { known } = input;
  const { eventId } = event.pdu;
  return turn.commit<InputResult>(async (live) => {
    known.forget();
    await known.load([eventId]);
    if (known.get(eventId) !== undefined)
      return { commit: undefined, value: { eventId, outcome: 'already_known', reason: 'already_known' } };
    if (event.pdu.content['membership'] === 'leave' && !(await isEntitled(event.pdu, context)))
      return { commit: undefined, value: { eventId, outcome: 'rejected', reason: 'sender_not_entitled' } };
    const room = live ?? (await newRoom(input, context));
    const commit = await commitOf(event, roomState, room, input, context);
    room.tip = { ...room.tip, version: room.tip.version + 1 };
    return { commit, value: { eventId, outcome: 'accepted', reason: undefined } };
  });
}

async function isEntitled(pdu: Pdu, { queryable }: CarryOutContext): Promise<boolean> {
  const membership = await readOutsideMembership(queryable, pdu.roomId, pdu.stateKey ?? '');
  if (membership === undefined) return mayEndMembership(pdu, undefined);
  const states = await readInviteStates(queryable, [membership.event]);
  const stateSenders = (states.get(membership.event) ?? []).map(({ sender }) => sender);
  return mayEndMembership(pdu, { ...membership, stateSenders });
}

async function commitOf(
  { pdu, json }: GatedEvent,
  roomState: readonly string[],
  room: LiveRoom,
  input: RoomInput,
  { names, eventNumbers }: CarryOutContext,
): Promise<RoomCommit> {
  const strippedState = inviteStateOf(roomState);
  const event = await eventNumbers.take();
  const { traceparent } = input;
  const { tip } = room;
  const stateKey = pdu.stateKey ?? '';
  const { membership } = pdu.content;
  const number = typeof membership === 'string' ? membershipNumber(membership) : undefined;
  if (number === undefined) throw new Error('a membership that is none was to be noted');
  const row = {
    event,
    key: eventKeyOf(pdu.eventId),
    snapshotBefore: OUTLIER,
    type: await names.number('type', pdu.type),
    stateKey: await names.number('stateKey', stateKey),
    sender: await names.number('user', pdu.sender),
    json,
    replaces: undefined,
    previous: undefined,
    deviceId: undefined,
    transactionId: undefined,
    transactionKey: undefined,
    traceparent,
  };
  const entry = eventEntry({
    ...pdu,
    roomVersion: room.rules.version,
    json,
    replaced: undefined,
    deviceId: undefined,
    transactionId: undefined,
    strippedState,
  });
  return {
    room: room.room,
    expected: tip.version,
    head: { ...tip, version: tip.version + 1, extremities: tip.extremities.map((each) => each.event) },
    created: tip.version === 0 ? newRoomRow(input) : undefined,
    events: [row],
    stateWrites: [],
    state: [],
    memberships: [{ user: await names.number('user', stateKey), membership: number, event }],
    redactions: [],
    log: [{ kind: 'event', event, traceparent, entry }],
    input: { ...nothing, inviteStates: [{ event, strippedState: inviteStateText(strippedState) }] },
  };
}

const nothing: InputRows = {
  verdicts: [],
  transitions: [],
  placed: [],
  emptied: [],
  departed: [],
  inviteStates: [],
  backward: [],
  filled: [],
  historyPlaces: [],
  pendingRedactions: [],
  metRedactions: [],
};
