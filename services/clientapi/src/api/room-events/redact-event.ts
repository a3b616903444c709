import { authenticated, eventIdParam, type Handler, json, optionalString, roomIdParam, textParam } from '@plexus/http';
import { sendEvent } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { massagedTimestamp } from '../requester.ts';

/** Client-server API, "PUT /_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}". */
export function redactEvent({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const reason = optionalString(request.body, 'reason');
    const eventId = await sendEvent(clients.roomserver, {
      roomId: roomIdParam(request),
      sender: request.requester.userId,
      type: 'm.room.redaction',
      content: JSON.stringify({ ...(reason !== undefined && { reason }) }),
      redacts: eventIdParam(request),
      deviceId: request.requester.deviceId,
      transactionId: textParam(request, 'txnId'),
      ...massagedTimestamp(request),
    });
    return json({ event_id: eventId });
  });
}
