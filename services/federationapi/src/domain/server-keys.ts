import {
  decodeBase64,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  type ServerName,
  type SigningKey,
  signJson,
  verifyJson,
} from '@plexus/matrix';

/** A verify key of a server. Times are milliseconds since the epoch. */
export interface ServerKey {
  readonly serverName: ServerName;
  readonly keyId: string;
  readonly publicKey: Buffer;
  readonly validUntilTs: number;
  /** Set for a key the server no longer signs with. */
  readonly expiredTs: number | undefined;
}

/** A key that this server once signed with. */
export interface OldSigningKey {
  readonly keyId: string;
  /** Unpadded base64. */
  readonly publicKey: string;
  /** Milliseconds since the epoch. */
  readonly expiredAt: number;
}

/** Answers of a year are believed for a week at most: a stolen key must end. Server-Server API, "Retrieving server keys". */
const MAX_VALIDITY_MS = 7 * 24 * 3_600_000;
const MAX_KEYS = 100;

/** Whether the key may have signed something at that time. */
export function isValidAt(key: ServerKey, timestamp: number): boolean {
  return timestamp <= (key.expiredTs ?? key.validUntilTs);
}

/**
 * The keys of an answer to GET /_matrix/key/v2/server, if it is the server's own and signed by every current key it names (each key
 * thereby shows that the server holds it). Undefined otherwise.
 */
export function readServerKeys(answer: JsonObject, serverName: ServerName, now: number): ServerKey[] | undefined {
  if (ownValue(answer, 'server_name') !== serverName) return undefined;
  const validUntil = ownValue(answer, 'valid_until_ts');
  const current = entries(ownValue(answer, 'verify_keys'));
  if (typeof validUntil !== 'number' || !Number.isSafeInteger(validUntil) || current.length === 0) return undefined;
  const validUntilTs = Math.min(validUntil, now + MAX_VALIDITY_MS);
  const keys: ServerKey[] = [];
  for (const [keyId, value] of current) {
    const publicKey = keyOf(value);
    if (publicKey === undefined || !keyId.startsWith('ed25519:')) continue;
    if (!verifyJson(answer, serverName, keyId, publicKey.text)) return undefined;
    keys.push({ serverName, keyId, publicKey: publicKey.bytes, validUntilTs, expiredTs: undefined });
  }
  if (keys.length === 0) return undefined;
  const currentIds = new Set(keys.map((key) => key.keyId));
  for (const [keyId, value] of entries(ownValue(answer, 'old_verify_keys'))) {
    const publicKey = keyOf(value);
    const expiredTs = isJsonObject(value) ? ownValue(value, 'expired_ts') : undefined;
    if (publicKey === undefined || typeof expiredTs !== 'number' || currentIds.has(keyId)) continue;
    keys.push({ serverName, keyId, publicKey: publicKey.bytes, validUntilTs, expiredTs });
  }
  return keys;
}

/** This server's keys as it publishes them, signed. */
export function publishedKeys(
  serverName: ServerName,
  key: SigningKey,
  oldKeys: readonly OldSigningKey[],
  validUntilTs: number,
): JsonObject {
  return signJson(
    {
      server_name: serverName,
      valid_until_ts: validUntilTs,
      verify_keys: { [key.keyId]: { key: key.publicKey } },
      old_verify_keys: Object.fromEntries(
        oldKeys
          .filter(({ keyId }) => keyId !== key.keyId)
          .map(({ keyId, publicKey, expiredAt }) => [keyId, { key: publicKey, expired_ts: expiredAt }]),
      ),
    },
    serverName,
    key,
  );
}

function entries(value: JsonValue | undefined): [string, JsonValue][] {
  return isJsonObject(value) ? Object.entries(value).slice(0, MAX_KEYS) : [];
}

function keyOf(value: JsonValue): { text: string; bytes: Buffer } | undefined {
  const text = isJsonObject(value) ? ownValue(value, 'key') : undefined;
  const bytes = typeof text === 'string' ? decodeBase64(text) : undefined;
  return typeof text === 'string' && bytes?.length === 32 ? { text, bytes } : undefined;
}
