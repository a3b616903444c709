import { authenticated, errors, type Handler, json, roomIdParam, textParam } from '@plexus/http';
import { ownValue } from '@plexus/matrix';
import { sendEvent } from '../../clients/roomserver.ts';
import type { ClientapiContext } from '../../context.ts';
import { massagedTimestamp } from '../requester.ts';

/** Client-server API, "PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}". The content goes on as the text it came as. */
export function sendMessage({ clients }: ClientapiContext): Handler {
  const { roomserver } = clients;
  return authenticated(async (request) => {
    const type = textParam(request, 'eventType');
    if (type === '') throw errors.invalidParam('eventType', 'is empty');
    const redacts = type === 'm.room.redaction' ? ownValue(request.body, 'redacts') : undefined;
    const eventId = await sendEvent(roomserver, {
      roomId: roomIdParam(request),
      sender: request.requester.userId,
      type,
      content: request.bodyText,
      deviceId: request.requester.deviceId,
      transactionId: textParam(request, 'txnId'),
      ...(typeof redacts === 'string' && { redacts }),
      ...massagedTimestamp(request),
    });
    return json({ event_id: eventId });
  });
}
