import { type Handler, rawJson } from '@plexus/http';
import { canonicalJson, type ServerName, type SigningKeys } from '@plexus/matrix';
import { type OldSigningKey, publishedKeys } from '../../domain/server-keys.ts';

/** How long others may keep our keys: an answer is renewed hourly, so none that is given out ends within 23 hours. */
const VALIDITY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

/**
 * Server-Server API, "GET /_matrix/key/v2/server". The answer is sent as the canonical JSON that its signatures cover, so that servers which
 * verify the bytes as they came accept it.
 */
export function getServerKey(serverName: ServerName, keys: SigningKeys, oldKeys: readonly OldSigningKey[]): Handler {
  let hour = -1;
  let answer = '';
  return ({ receivedAt }) => {
    const now = Math.floor(receivedAt / HOUR_MS);
    if (now !== hour) {
      hour = now;
      answer = canonicalJson(publishedKeys(serverName, keys, oldKeys, now * HOUR_MS + VALIDITY_MS));
    }
    return rawJson(answer);
  };
}
