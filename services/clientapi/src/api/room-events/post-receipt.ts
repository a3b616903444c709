import {
  authenticated,
  emptyObject,
  errors,
  eventIdParam,
  type Handler,
  optionalString,
  roomIdParam,
} from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

const receiptTypes = ['m.read', 'm.read.private', 'm.fully_read'];

/** Client-server API, "POST /_matrix/client/v3/rooms/{roomId}/receipt/{receiptType}/{eventId}". */
export function postReceipt({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const receiptType = request.params['receiptType'] ?? '';
    if (!receiptTypes.includes(receiptType)) throw errors.invalidParam('receiptType', 'is not known');
    const threadId = optionalString(request.body, 'thread_id', { max: 255 });
    if (threadId === '') throw errors.invalidParam('thread_id', 'is empty');
    if (threadId !== undefined && receiptType === 'm.fully_read')
      throw errors.invalidParam('thread_id', 'does not go with m.fully_read');
    const { error } = await clients.syncapi.setReceipts({
      receipts: [
        {
          roomId: roomIdParam(request),
          userId: request.requester.userId,
          receiptType,
          eventId: eventIdParam(request),
          ...(threadId !== undefined && { threadId }),
        },
      ],
    });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}
