import type { SyncapiService } from '@plexus/contracts/syncapi';
import { errors } from '@plexus/http';

/** The place in the room log that a token of the query names. Throws M_INVALID_PARAM. */
export async function positionOfToken(
  syncapi: SyncapiService,
  query: URLSearchParams,
  name: string,
): Promise<number | undefined> {
  const token = query.get(name);
  if (token === null || token === '') return undefined;
  const { position } = await syncapi.resolveToken({ token });
  if (position === undefined) throw errors.invalidParam(name, 'is not a token of this server');
  return position;
}
