import { errors, optionalQueryInteger, queryBoolean } from '@plexus/http';
import type { StateDialect } from '../../domain/section-style.ts';

/** The parameters of GET /sync, read. */
export interface SyncParameters {
  readonly since: string | undefined;
  readonly filter: string | undefined;
  readonly fullState: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly dialect: StateDialect;
}

/** A poll that outlives proxies helps nobody; clients ask for 30 s. */
const maxTimeoutMs = 10 * 60 * 1000;
const presences = ['online', 'offline', 'unavailable'];

/** @throws MatrixHttpError M_INVALID_PARAM */
export function readSyncParameters(query: URLSearchParams): SyncParameters {
  const presence = query.get('set_presence');
  if (presence !== null && !presences.includes(presence)) {
    throw errors.invalidParam('set_presence', `must be one of ${presences.join(', ')}`);
  }
  const since = query.get('since');
  return {
    // Some clients begin with `since=`.
    since: since === null || since === '' ? undefined : since,
    filter: query.get('filter') ?? undefined,
    fullState: queryBoolean(query, 'full_state'),
    timeout: optionalQueryInteger(query, 'timeout', { atMost: maxTimeoutMs }) ?? 0,
    dialect: readDialect(query),
  };
}

function readDialect(query: URLSearchParams): StateDialect {
  if (queryBoolean(query, 'use_state_after')) return 'state_after';
  return queryBoolean(query, 'org.matrix.msc4222.use_state_after') ? 'org.matrix.msc4222.state_after' : 'state';
}
