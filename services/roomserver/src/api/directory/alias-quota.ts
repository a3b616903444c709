import type { UserId } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { countAliases } from '../../storage/aliases.ts';

/** Aliases that one user of this server may have made; whoever needs more runs an application service. */
const MAX_ALIASES = 1000;

export async function hasTooManyAliases(queryable: Queryable, creator: UserId): Promise<boolean> {
  const [row] = await queryable.query<{ aliases: number }>(countAliases, [creator, MAX_ALIASES]);
  return (row?.aliases ?? 0) >= MAX_ALIASES;
}
