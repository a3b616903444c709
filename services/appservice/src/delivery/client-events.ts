import type { RoomserverService } from '@plexus/contracts/roomserver';
import { ClientEventText, clientStyle } from '@plexus/matrix';

/**
 * The events of these log positions as JSON in the format of the client-server API, in order. They have no
 * `age`: a transaction that is sent again is the same to the byte.
 */
export async function clientEvents(roomserver: RoomserverService, positions: readonly number[]): Promise<string[]> {
  const { events } = await roomserver.getEvents({ eventIds: [], positions: [...positions] });
  const byPosition = new Map(events.map((event) => [event.position, event]));
  return positions.flatMap((position) => {
    const event = byPosition.get(position);
    if (event === undefined) return [];
    const redaction =
      event.redactedBy === undefined ? undefined : { eventId: event.redactedBy, json: event.redactedBecause };
    return [new ClientEventText({ ...event, redaction }).text(clientStyle, {})];
  });
}
