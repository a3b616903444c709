import { errors } from '@plexus/http';
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
    fullState: readBoolean(query, 'full_state'),
    timeout: Math.min(readCount(query, 'timeout') ?? 0, maxTimeoutMs),
    dialect: readDialect(query),
  };
}

/** A whole number that is not negative. @throws MatrixHttpError M_INVALID_PARAM */
export function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw errors.invalidParam(name, 'must be a whole number that is not negative');
  return Number(text);
}

function readDialect(query: URLSearchParams): StateDialect {
  if (readBoolean(query, 'use_state_after')) return 'state_after';
  return readBoolean(query, 'org.matrix.msc4222.use_state_after') ? 'org.matrix.msc4222.state_after' : 'state';
}

function readBoolean(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === 'false') return false;
  if (text === 'true') return true;
  throw errors.invalidParam(name, 'must be true or false');
}
