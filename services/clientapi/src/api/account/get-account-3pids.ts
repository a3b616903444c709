import { authenticated, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';

/** Client-server API, "GET /_matrix/client/v3/account/3pid". */
export function getAccount3PIDs({ clients }: ClientapiContext): Handler {
  return authenticated(async ({ requester }) => {
    const { identifiers } = await clients.userapi.getThirdPartyIdentifiers({ userId: requester.userId });
    return json({
      threepids: identifiers.map(({ medium, address, validatedTs, addedTs }) => ({
        medium,
        address,
        validated_at: validatedTs,
        added_at: addedTs,
      })),
    });
  });
}
