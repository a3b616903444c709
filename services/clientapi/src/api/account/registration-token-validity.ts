import { errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v1/register/m.login.registration_token/validity". */
export function registrationTokenValidity({ clients }: ClientapiContext): Handler {
  return async ({ query }) => {
    const token = query.get('token');
    if (token === null) throw errors.missingParam('token');
    const { valid } = await clients.userapi.checkRegistrationToken({ token });
    return json({ valid });
  };
}
