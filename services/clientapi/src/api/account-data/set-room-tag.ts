import { authenticated, emptyObject, errors, type Handler, roomIdParam, textParam } from '@plexus/http';
import { readTags, writeTags } from '../../clients/room-tags.ts';
import type { ClientapiContext } from '../../context.ts';
import { isTag, withTag } from '../../domain/room-tags.ts';
import { ownUserIdParam } from '../requester.ts';

/** Client-server API, "PUT /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}". */
export function setRoomTag({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const roomId = roomIdParam(request);
    const name = textParam(request, 'tag');
    if (name === '') throw errors.invalidParam('tag', 'is empty');
    if (!isTag(request.body)) throw errors.badJson('order must be a number from 0 to 1');
    await writeTags(userapi, userId, roomId, withTag(await readTags(userapi, userId, roomId), name, request.body));
    return emptyObject();
  });
}
