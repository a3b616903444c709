import { authenticated, emptyObject, errors, type Handler, optionalString, roomIdParam } from '@plexus/http';
import { isEventId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';

const receiptTypes = ['m.fully_read', 'm.read', 'm.read.private'];

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/read_markers". */
export function setReadMarker({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const roomId = roomIdParam(request);
    const { userId } = request.requester;
    const receipts = receiptTypes.flatMap((receiptType) => {
      const eventId = optionalString(request.body, receiptType);
      if (eventId === undefined) return [];
      if (!isEventId(eventId)) throw errors.invalidParam(receiptType, 'is not an event id');
      return [{ roomId, userId, receiptType, eventId }];
    });
    if (receipts.length === 0) return emptyObject();
    const { error } = await clients.syncapi.setReceipts({ receipts });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
