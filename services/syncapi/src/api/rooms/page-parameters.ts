import { errors } from '@plexus/http';
import { compileRoomEventFilter, type EventFilter } from '../../domain/filter.ts';
import { parsePaginationToken } from '../../domain/pagination-token.ts';
import type { TimelinePlace } from '../../domain/timeline-place.ts';
import type { ReadContext } from '../../read/open-room.ts';
import { parseFilterText } from '../filters/filter-store.ts';
import { refusal } from '../sync/sync.ts';

/**
 * The place that a token of the query names, for a reader who has passed the barrier: tokens name committed
 * positions.
 * @throws MatrixHttpError M_INVALID_PARAM, M_UNKNOWN_POS
 */
export function placeOf(
  { generation, memory }: Pick<ReadContext, 'generation' | 'memory'>,
  query: URLSearchParams,
  name: string,
): TimelinePlace | undefined {
  const token = query.get(name);
  if (token === null || token === '') return undefined;
  const parsed = parsePaginationToken(token, generation);
  if (parsed.kind === 'refused') throw refusal(name, parsed.problem);
  if (parsed.place.position > memory.position.room) throw refusal(name, 'unknown');
  return parsed.place;
}

/** The RoomEventFilter of the query. @throws MatrixHttpError M_INVALID_PARAM */
export function readFilter(query: URLSearchParams): EventFilter {
  const text = query.get('filter');
  const compiled = compileRoomEventFilter(text === null || text === '' ? {} : parseFilterText(text));
  if (!compiled.ok) throw errors.invalidParam('filter', `has no valid ${compiled.key}`);
  return compiled.filter;
}
