import type { ListRegistrationTokensRequest, ListRegistrationTokensResponse } from '@plexus/contracts/userapi';
import type { UserapiContext } from '../../context.ts';
import { listRegistrationTokens as list } from '../../storage/registration-tokens.ts';

/** For administrators: every registration token, the oldest first. */
export async function listRegistrationTokens(
  { database }: UserapiContext,
  _request: ListRegistrationTokensRequest,
): Promise<ListRegistrationTokensResponse> {
  const rows = await list(database);
  return {
    tokens: rows.map(({ token, uses_allowed, uses, expiry_ts }) => ({
      token,
      usesAllowed: uses_allowed ?? undefined,
      uses,
      expiryTs: expiry_ts ?? undefined,
    })),
  };
}
