import { errors, type Handler } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { publicRooms } from './public-rooms.ts';

/** Client-server API, "GET /_matrix/client/v3/publicRooms". M_INVALID_PARAM for a token or limit that is none. */
export function getPublicRooms(context: ClientapiContext): Handler {
  return (request) => {
    const limit = request.query.get('limit');
    if (limit !== null && !/^\d{1,9}$/.test(limit)) throw errors.invalidParam('limit', 'is not a number of rooms');
    return publicRooms(context, request, {
      ...(limit !== null && Number(limit) > 0 && { limit: Number(limit) }),
      since: request.query.get('since') ?? '',
    });
  };
}
