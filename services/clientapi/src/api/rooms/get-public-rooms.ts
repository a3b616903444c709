import { type Handler, optionalQueryInteger } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { publicRooms } from './public-rooms.ts';

/** Client-server API, "GET /_matrix/client/v3/publicRooms". M_INVALID_PARAM for a token or limit that is none. */
export function getPublicRooms(context: ClientapiContext): Handler {
  return (request) => {
    const limit = optionalQueryInteger(request.query, 'limit') ?? 0;
    return publicRooms(context, request, {
      ...(limit > 0 && { limit }),
      since: request.query.get('since') ?? '',
    });
  };
}
