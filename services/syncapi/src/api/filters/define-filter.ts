import { type AuthenticatedRequest, authenticated, errors, type Handler, json } from '@plexus/http';
import type { FilterStore } from './filter-store.ts';

/** POST /user/{userId}/filter. Client-server API, "Filtering". */
export function defineFilter(filters: FilterStore): Handler {
  return authenticated(async (request) => {
    const filterId = await filters.store(ownUserId(request), request.body);
    return json({ filter_id: String(filterId) });
  });
}

/** The user of the path, who must be the one who asks. @throws MatrixHttpError M_FORBIDDEN */
export function ownUserId({ params, requester }: AuthenticatedRequest): string {
  if (params['userId'] !== requester.userId) throw errors.forbidden('Filters of others are not yours to see or make');
  return requester.userId;
}
