import type { GetProfilesRequest, GetProfilesResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { readProfiles } from '../../storage/profiles.ts';

/** The profiles of users of this server, one per asked user, in order. */
export async function getProfiles(
  { database, serverName }: UserapiContext,
  { userIds }: GetProfilesRequest,
): Promise<GetProfilesResponse> {
  const asked = userIds.map((userId) => ({ userId, localpart: localLocalpart(userId, serverName) }));
  const rows = await readProfiles(
    database,
    asked.flatMap(({ localpart }) => localpart ?? []),
  );
  const fieldsOf = new Map<string, [string, string][]>();
  for (const { localpart, field, value } of rows) {
    const fields = fieldsOf.get(localpart) ?? [];
    if (field !== null && value !== null) fields.push([field, value]);
    fieldsOf.set(localpart, fields);
  }
  return {
    profiles: asked.map(({ userId, localpart }) => {
      const fields = fieldsOf.get(localpart ?? '');
      return { userId, exists: fields !== undefined, fields: Object.fromEntries(fields ?? []) };
    }),
  };
}
