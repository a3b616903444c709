import { authenticated, emptyObject, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { turnCredentials } from '../../domain/turn-credentials.ts';

/** Client-server API, "GET /_matrix/client/v3/voip/turnServer". An empty object where no TURN server is configured: clients do without. */
export function getTurnServer({ clock, settings }: ClientapiContext): Handler {
  return authenticated(({ requester }) => {
    const credentials = turnCredentials(settings.turn, requester.userId, clock.now());
    return credentials === undefined ? emptyObject() : json(credentials);
  });
}
