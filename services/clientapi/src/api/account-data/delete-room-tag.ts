import { authenticated, emptyObject, type Handler, roomIdParam, textParam } from '@plexus/http';
import { readTags, writeTags } from '../../clients/room-tags.ts';
import type { ClientapiContext } from '../../context.ts';
import { withoutTag } from '../../domain/room-tags.ts';
import { ownUserIdParam } from '../requester.ts';

/** Client-server API, "DELETE /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}". */
export function deleteRoomTag({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const roomId = roomIdParam(request);
    const content = withoutTag(await readTags(userapi, userId, roomId), textParam(request, 'tag'));
    await writeTags(userapi, userId, roomId, content);
    return emptyObject();
  });
}
