import { authenticated, type Handler, json, roomIdParam } from '@plexus/http';
import { readTags } from '../../clients/room-tags.ts';
import type { ClientapiContext } from '../../context.ts';
import { tagsOf } from '../../domain/room-tags.ts';
import { ownUserIdParam } from '../requester.ts';

/** Client-server API, "GET /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags". */
export function getRoomTags({ clients }: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    return json({ tags: tagsOf(await readTags(clients.userapi, userId, roomIdParam(request))) });
  });
}
