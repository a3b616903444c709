import type { GetServerKeysRequest, GetServerKeysResponse } from '@plexus/contracts/federationapi';
import { parseServerName } from '@plexus/matrix';
import type { KeyRing } from '../../key-ring.ts';

/** Verify keys for the services that check signatures; what cannot be had is left out. */
export async function getServerKeys(
  { queries }: GetServerKeysRequest,
  keyRing: KeyRing,
): Promise<GetServerKeysResponse> {
  const answers = await Promise.all(
    queries.map(async ({ serverName: text, keyIds, validAt, refresh }) => {
      const serverName = parseServerName(text);
      return serverName === undefined ? [] : keyRing.eventKeys(serverName, keyIds, validAt, refresh);
    }),
  );
  return {
    keys: answers.flat().map((key) => ({
      serverName: key.serverName,
      keyId: key.keyId,
      publicKey: key.publicKey,
      validUntilTs: key.validUntilTs,
      ...(key.expiredTs !== undefined && { expiredTs: key.expiredTs }),
    })),
  };
}
