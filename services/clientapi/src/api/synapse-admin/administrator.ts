import { type AuthenticatedRequest, authenticated, errors, type Handler, type Reply } from '@plexus/http';

/** A handler for administrators of this server alone. Throws M_FORBIDDEN. */
export function forAdministrators(handle: (request: AuthenticatedRequest) => Reply | Promise<Reply>): Handler {
  return authenticated((request) => {
    const { requester } = request;
    if (requester.kind !== 'user' || !requester.admin) throw errors.forbidden('You are not a server admin');
    return handle(request);
  });
}
