import { authenticated, emptyObject, errors, type Handler, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { isFieldName } from '../../domain/profile-field.ts';
import { ownUserIdParam } from '../requester.ts';
import { writeProfileField } from './write-profile-field.ts';

/** Client-server API, "DELETE /_matrix/client/v3/profile/{userId}/{keyName}". */
export function deleteProfileField(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const name = textParam(request, 'keyName');
    if (!isFieldName(name)) throw errors.invalidParam('keyName', 'is not the name of a profile field');
    await writeProfileField(context, userId, name, undefined);
    return emptyObject();
  });
}
