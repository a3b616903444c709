import { InputOutcome, type RoomserverService } from '@plexus/contracts/roomserver';
import {
  authEventKeys,
  buildEvent,
  type EventId,
  isEventId,
  type JsonObject,
  type Pdu,
  parseRoomId,
  parseUserId,
  type RoomId,
  rulesOf,
  serverNameOf,
  stateMapKey,
  type UserId,
} from '@plexus/matrix';
import { keyOfServer } from '../targets/remote-servers.ts';

export interface RemoteEvent {
  readonly pdu: Pdu;
  readonly json: string;
}

/** A place in a room's graph from which servers go on: what comes next, and the state there as far as events cite it. */
export interface GraphPoint {
  readonly roomId: RoomId;
  readonly prevEvents: readonly EventId[];
  readonly depth: number;
  /** Event ids by stateMapKey. */
  readonly state: ReadonlyMap<string, EventId>;
}

export interface RemoteSketch {
  readonly sender: string;
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

const rules = rulesOf('12');
const MAX_PUSHED = 50;

/** Where a room stands, with the state at these places. */
export async function currentPoint(
  client: RoomserverService,
  roomId: string,
  places: readonly (readonly [type: string, stateKey: string])[],
): Promise<GraphPoint> {
  const keys = places.map(([type, stateKey]) => ({ type, stateKey }));
  const [room] = (await client.queryLatestEvents({ queries: [{ roomId, keys }] })).rooms;
  const parsed = parseRoomId(roomId);
  if (room === undefined || parsed === undefined) throw new Error(`${roomId} is not there`);
  return {
    roomId: parsed,
    prevEvents: room.eventIds.filter(isEventId),
    depth: room.depth,
    state: new Map(
      room.state.flatMap(({ type, stateKey = '', eventId }) =>
        isEventId(eventId) ? [[stateMapKey(type, stateKey), eventId] as const] : [],
      ),
    ),
  };
}

/** A state event that another server puts at a point, and the point after it. */
export function remoteEvent(
  point: GraphPoint,
  sketch: RemoteSketch,
  originServerTs: number,
): [RemoteEvent, GraphPoint] {
  const { roomId, prevEvents, depth, state } = point;
  const { type, stateKey, content } = sketch;
  const sender = userId(sketch.sender);
  const origin = serverNameOf(sender);
  const authEvents = authEventKeys({ type, stateKey, content, sender }, rules).flatMap(
    ([of, key]) => state.get(stateMapKey(of, key)) ?? [],
  );
  const built = buildEvent({
    ...{ rules, roomId, type, stateKey, sender, content, prevEvents, authEvents, originServerTs, origin },
    depth: depth + 1,
    signingKey: keyOfServer(origin),
  });
  if (!built.ok) throw new Error(`${type} cannot be built: ${built.error}`);
  const { eventId, pdu, json } = built.value;
  const after = new Map(state).set(stateMapKey(type, stateKey), eventId);
  return [
    { pdu, json },
    { roomId, prevEvents: [eventId], depth: depth + 1, state: after },
  ];
}

/** Gives the service events as transactions of a server would bring them. @throws Error for one that it does not take. */
export async function push(
  client: RoomserverService,
  origin: string,
  events: readonly RemoteEvent[],
  isTaken: (outcome: InputOutcome) => boolean = (outcome) => outcome === InputOutcome.INPUT_OUTCOME_ACCEPTED,
): Promise<void> {
  for (let first = 0; first < events.length; first += MAX_PUSHED) {
    const pdus = events.slice(first, first + MAX_PUSHED).map(({ json }) => json);
    const { results } = await client.inputEvents({
      origin,
      roomId: undefined,
      input: { $case: 'pushed', value: { pdus } },
    });
    const refused = results.find(({ outcome }) => !isTaken(outcome));
    if (refused !== undefined) throw new Error(`an event came to ${refused.outcome}: ${refused.reason}`);
  }
}

function userId(text: string): UserId {
  const user = parseUserId(text);
  if (user === undefined) throw new Error(`${text} is no user id`);
  return user;
}
