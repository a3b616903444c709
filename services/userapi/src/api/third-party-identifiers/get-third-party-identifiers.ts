import type { GetThirdPartyIdentifiersRequest, GetThirdPartyIdentifiersResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { localLocalpart } from '../../domain/localparts.ts';
import { listThreepids } from '../../storage/threepids.ts';

/** E-mail addresses and telephone numbers of a user. Client-server API, "GET /_matrix/client/v3/account/3pid". */
export async function getThirdPartyIdentifiers(
  { database, serverName }: UserapiContext,
  { userId }: GetThirdPartyIdentifiersRequest,
): Promise<GetThirdPartyIdentifiersResponse> {
  const localpart = localLocalpart(userId, serverName);
  const rows = localpart === undefined ? [] : await listThreepids(database, localpart);
  return {
    identifiers: rows.map(({ medium, address, validated_ts, added_ts }) => ({
      medium,
      address,
      validatedTs: validated_ts,
      addedTs: added_ts,
    })),
  };
}
