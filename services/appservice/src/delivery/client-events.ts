import type { RoomserverService, StoredEvent } from '@plexus/contracts/roomserver';
import {
  clientEvent,
  emptyJsonObject,
  isJsonObject,
  type JsonObject,
  parseStrictJson,
  roomVersion,
} from '@plexus/matrix';

/** The events of these log positions in the format of the client-server API, in order. */
export async function clientEvents(roomserver: RoomserverService, positions: readonly number[]): Promise<JsonObject[]> {
  const { events } = await roomserver.getEvents({ eventIds: [], positions: [...positions] });
  const byPosition = new Map(events.map((event) => [event.position, event]));
  return positions.flatMap((position) => {
    const event = byPosition.get(position);
    const presented = event === undefined ? undefined : present(event);
    return presented === undefined ? [] : [presented];
  });
}

function present(event: StoredEvent): JsonObject | undefined {
  const rules = roomVersion(event.roomVersion);
  const pdu = jsonObject(event.json);
  if (rules === undefined || pdu === undefined) return undefined;
  const { eventId, roomId } = event;
  return clientEvent(pdu, { eventId, roomId, rules, unsigned: unsignedOf(event) });
}

function unsignedOf(event: StoredEvent): JsonObject | undefined {
  const unsigned = emptyJsonObject();
  const prevContent = event.prevContent === undefined ? undefined : jsonObject(event.prevContent);
  if (prevContent !== undefined) unsigned['prev_content'] = prevContent;
  if (event.replacesState !== undefined) unsigned['replaces_state'] = event.replacesState;
  return Object.keys(unsigned).length > 0 ? unsigned : undefined;
}

function jsonObject(text: string): JsonObject | undefined {
  const parsed = parseStrictJson(text, { numbers: 'preserved' });
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}
