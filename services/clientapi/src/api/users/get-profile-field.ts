import { errors, type Handler, json, textParam, userIdParam } from '@plexus/http';
import { isLocal } from '@plexus/matrix';
import { fieldValue, profileOf } from '../../clients/userapi.ts';
import type { ClientapiContext } from '../../context.ts';

/** What every profile has, set or not. */
const constantFields: readonly string[] = ['displayname', 'avatar_url'];

/**
 * Client-server API, "GET /_matrix/client/v3/profile/{userId}/{keyName}". M_NOT_FOUND for a user or a field that does not exist. A name or an
 * avatar that is not set is an empty object: bridges take an error for the user's absence.
 */
export function getProfileField({ clients, settings }: ClientapiContext): Handler {
  return async (request) => {
    const userId = userIdParam(request);
    const name = textParam(request, 'keyName');
    if (!isLocal(userId, settings.serverName)) throw errors.notFound('No such user');
    const value = fieldValue(await profileOf(clients.userapi, userId), name);
    if (value === undefined && !constantFields.includes(name)) throw errors.notFound('The profile has no such field');
    return json(value === undefined ? {} : { [name]: value });
  };
}
