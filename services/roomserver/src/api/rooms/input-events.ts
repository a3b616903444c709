import {
  type InputEventResult,
  type InputEventsRequest,
  type InputEventsResponse,
  InputOutcome,
} from '@plexus/contracts/roomserver';
import {
  isJsonObject,
  isRoomId,
  isServerName,
  type JsonObject,
  ownValue,
  parseStrictJson,
  pduFromObject,
  type RoomId,
  type RoomVersionRules,
  roomVersion,
  type ServerName,
} from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import { RpcError } from '@plexus/rpc';
import type { RoomserverContext } from '../../context.ts';
import type { InputReason, InputResult } from '../../input-events/input-event.ts';
import { inputInvite, inputRoomEvents } from '../../input-events/input-room-events.ts';
import { selectRoomVersions } from '../../storage/input-queries.ts';

/** PDUs of a transaction. Server-Server API, "Transactions". */
const MAX_PUSHED_EVENTS = 50;
/** Events of an answer to GET /backfill: as many as this server asks for. */
const MAX_BACKFILLED_EVENTS = 100;

/** Events of other servers, each judged by itself. @throws RpcError INVALID_ARGUMENT for a request that is no input. */
export async function inputEvents(
  context: RoomserverContext,
  request: InputEventsRequest,
): Promise<InputEventsResponse> {
  const { origin, input } = request;
  if (!isServerName(origin) || input === undefined)
    throw new RpcError('INVALID_ARGUMENT', 'an input without origin or events');
  switch (input.$case) {
    case 'pushed':
      return answer(
        await inputByRoom(context, { origin, pdus: input.value.pdus, most: MAX_PUSHED_EVENTS, isHistory: false }),
      );
    case 'backfilled':
      return answer(
        await inputByRoom(context, { origin, pdus: input.value.pdus, most: MAX_BACKFILLED_EVENTS, isHistory: true }),
      );
    case 'joined':
    case 'invited': {
      const { roomVersion: version, event } = input.value;
      const rules = roomVersion(version);
      if (!isRoomId(request.roomId)) throw new RpcError('INVALID_ARGUMENT', 'an input of a room without its id');
      if (rules === undefined) return answer([refused('unsupported_room_version')]);
      const room = { origin, roomId: request.roomId, rules, texts: [event], traceparent: currentTraceparent() };
      if (input.$case === 'joined')
        return answer(await inputRoomEvents({ ...room, isHistory: false, joined: input.value }, context.input));
      const invited = { ...room, isHistory: false, joined: undefined };
      return answer(await inputInvite(invited, input.value.roomState, context.input));
    }
  }
}

interface GivenEvents {
  readonly origin: ServerName;
  readonly pdus: readonly string[];
  /** Further ones are refused. */
  readonly most: number;
  readonly isHistory: boolean;
}

async function inputByRoom(
  context: RoomserverContext,
  { origin, pdus, most, isHistory }: GivenEvents,
): Promise<InputResult[]> {
  const results: InputResult[] = pdus.map(() => refused('too_many_events'));
  const placed = pdus.slice(0, most).map((text, place) => ({ text, place, roomId: roomIdOf(text) }));
  for (const { place, roomId } of placed) if (typeof roomId !== 'string') results[place] = refused(roomId.reason);
  const byRoom = Map.groupBy(
    placed.filter((each) => typeof each.roomId === 'string'),
    ({ roomId }) => roomId,
  );
  const roomIds = [...byRoom.keys()].filter(isRoomId);
  const rules = await rulesOf(context, roomIds);
  await Promise.all(
    roomIds.map(async (roomId) => {
      const ofRoom = byRoom.get(roomId) ?? [];
      const roomRules = rules.get(roomId);
      const found =
        roomRules === undefined
          ? ofRoom.map((): InputResult => ({ eventId: undefined, outcome: 'missing', reason: 'unknown_room' }))
          : await inputRoomEvents(
              {
                origin,
                roomId,
                rules: roomRules,
                texts: ofRoom.map(({ text }) => text),
                joined: undefined,
                isHistory,
                traceparent: currentTraceparent(),
              },
              context.input,
            );
      ofRoom.forEach(({ place }, index) => {
        results[place] = found[index] ?? refused('wrong_room');
      });
    }),
  );
  return results;
}

/** The room of an event; its version says how the event is read. */
function roomIdOf(text: string): RoomId | { readonly reason: InputReason } {
  const parsed = parseStrictJson(text, { numbers: 'preserved' });
  if (!parsed.ok || !isJsonObject(parsed.value)) return { reason: 'invalid_json' };
  const roomId = ownValue(parsed.value, 'room_id');
  if (isRoomId(roomId)) return roomId;
  return (roomId === undefined ? roomIdOfCreateEvent(parsed.value) : undefined) ?? { reason: 'wrong_room' };
}

/** Since room version 12 a create event names no room: the room is named after the event. */
function roomIdOfCreateEvent(event: JsonObject): RoomId | undefined {
  const content = ownValue(event, 'content');
  const version = isJsonObject(content) ? ownValue(content, 'room_version') : undefined;
  const rules = typeof version === 'string' ? roomVersion(version) : undefined;
  if (ownValue(event, 'type') !== 'm.room.create' || rules === undefined) return undefined;
  const parsed = pduFromObject(event, rules);
  return parsed.ok ? parsed.value.pdu.roomId : undefined;
}

async function rulesOf(
  { database }: RoomserverContext,
  roomIds: readonly RoomId[],
): Promise<ReadonlyMap<string, RoomVersionRules>> {
  const rows = await database.query<{ room_id: string; room_version: string }>(selectRoomVersions, [roomIds]);
  return new Map(
    rows.flatMap(({ room_id, room_version }) => {
      const rules = roomVersion(room_version);
      return rules === undefined ? [] : [[room_id, rules]];
    }),
  );
}

function refused(reason: InputReason): InputResult {
  return { eventId: undefined, outcome: 'malformed', reason };
}

const outcomes = {
  accepted: InputOutcome.INPUT_OUTCOME_ACCEPTED,
  soft_failed: InputOutcome.INPUT_OUTCOME_SOFT_FAILED,
  rejected: InputOutcome.INPUT_OUTCOME_REJECTED,
  malformed: InputOutcome.INPUT_OUTCOME_MALFORMED,
  already_known: InputOutcome.INPUT_OUTCOME_ALREADY_KNOWN,
  missing: InputOutcome.INPUT_OUTCOME_MISSING,
} as const;

function answer(results: readonly InputResult[]): InputEventsResponse {
  return {
    results: results.map(
      ({ eventId, outcome, reason }): InputEventResult => ({
        eventId,
        outcome: outcomes[outcome],
        reason: reason ?? '',
      }),
    ),
  };
}
