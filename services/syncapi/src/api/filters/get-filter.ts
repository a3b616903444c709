import { authenticated, errors, type Handler, rawJson } from '@plexus/http';
import { ownUserId } from './define-filter.ts';
import type { FilterStore } from './filter-store.ts';

/** GET /user/{userId}/filter/{filterId}. Client-server API, "Filtering". */
export function getFilter(filters: FilterStore): Handler {
  return authenticated(async (request) => {
    const text = await filters.text(ownUserId(request), request.params['filterId'] ?? '');
    if (text === undefined) throw errors.notFound('There is no such filter');
    return rawJson(text);
  });
}
