import { authenticated, emptyObject, errors, type Handler, textParam } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { newProfileField, type ProfileFieldError } from '../../domain/profile-field.ts';
import { ownUserIdParam } from '../requester.ts';
import { writeProfileField } from './write-profile-field.ts';

/** Client-server API, "PUT /_matrix/client/v3/profile/{userId}/{keyName}". */
export function setProfileField(context: ClientapiContext): Handler {
  return authenticated(async (request) => {
    const userId = ownUserIdParam(request);
    const name = textParam(request, 'keyName');
    const field = newProfileField(name, request.body);
    if (field.kind === 'refused') throw refusal(field.error, name);
    await writeProfileField(context, userId, name, field.value === '' ? undefined : field.value);
    return emptyObject();
  });
}

function refusal(error: ProfileFieldError, name: string): Error {
  switch (error) {
    case 'missing':
      return errors.missingParam(name);
    case 'not_a_string':
      return errors.badJson(`${name} must be a string`);
    case 'bad_name':
      return errors.invalidParam('keyName', 'is not the name of a profile field');
    default:
      return error satisfies never;
  }
}
