import type { GetServerKeysRequest, GetServerKeysResponse } from '@plexus/contracts/federationapi';
import { parseServerName } from '@plexus/matrix';
import type { KeyRing } from '../../key-ring.ts';

/** Verify keys for the services that check signatures; what cannot be had is left out. */
export async function getServerKeys(
  { queries }: GetServerKeysRequest,
  keyRing: KeyRing,
): Promise<GetServerKeysResponse> {
  const answers = await Promise.all(
    queries.map(async (query) => {
      const serverName = parseServerName(query.serverName);
      if (serverName === undefined) return [];
      if (query.keyIds.length === 0) return keyRing.keysOf(serverName, query.validAt);
      return Promise.all(query.keyIds.map((keyId) => keyRing.verifyKey(serverName, keyId, query.validAt)));
    }),
  );
  return {
    keys: answers.flat().flatMap((key) =>
      key === undefined
        ? []
        : [
            {
              serverName: key.serverName,
              keyId: key.keyId,
              publicKey: key.publicKey,
              validUntilTs: key.validUntilTs,
              ...(key.expiredTs !== undefined && { expiredTs: key.expiredTs }),
            },
          ],
    ),
  };
}
