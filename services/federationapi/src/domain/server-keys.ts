import {
  decodeBase64,
  encodeBase64,
  isJsonObject,
  isPublicKey,
  type JsonObject,
  type JsonValue,
  ownValue,
  type ServerName,
  type SigningKeys,
  signatureOf,
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
  /** When the server was first seen to publish another key under this id: it was installed anew. */
  readonly supersededAt: number | undefined;
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

/** Keys whose private halves are public knowledge (CVE-2026-24044): whatever they have signed is worth nothing. */
const leakedKeys: ReadonlySet<string> = new Set(['l/O9hxMVKB6Lg+3Hqf0FQQZhVESQcMzbPN1Cz2nM3og']);

/** Whether the key may have signed an event at that time. */
export function isValidAt(key: ServerKey, timestamp: number): boolean {
  return timestamp <= Math.min(key.expiredTs ?? key.validUntilTs, key.supersededAt ?? Number.MAX_SAFE_INTEGER);
}

/** Whether requests may be signed by the key now: retired keys verify old events only. Server-Server API, "Publishing Keys". */
export function signsRequestsAt(key: ServerKey, now: number): boolean {
  return key.expiredTs === undefined && key.supersededAt === undefined && now <= key.validUntilTs;
}

/**
 * The known keys of a server together with those that it has just published. A key that is no longer published stays, as does one whose id
 * now stands for another key: the signatures of old events need them. Only the newly published key verifies what comes from now on.
 */
export function mergeKeys(known: readonly ServerKey[], published: readonly ServerKey[], now: number): ServerKey[] {
  const newIds = new Set(published.map((key) => key.keyId));
  const isPublished = (key: ServerKey) =>
    published.some(({ keyId, publicKey }) => keyId === key.keyId && publicKey.equals(key.publicKey));
  const kept = known
    .filter((key) => !isPublished(key))
    .map((key) => (newIds.has(key.keyId) ? { ...key, supersededAt: key.supersededAt ?? now } : key));
  return [...published, ...kept];
}

/**
 * The keys of an answer to GET /_matrix/key/v2/server, if it is the server's own: at least one current key that it names has signed it, and
 * no signature by a current key is wrong. Undefined otherwise. Old servers do not sign with every key that they name.
 */
export function readServerKeys(answer: JsonObject, serverName: ServerName, now: number): ServerKey[] | undefined {
  if (ownValue(answer, 'server_name') !== serverName) return undefined;
  const validUntil = ownValue(answer, 'valid_until_ts');
  const current = entries(ownValue(answer, 'verify_keys'));
  if (typeof validUntil !== 'number' || !Number.isSafeInteger(validUntil)) return undefined;
  const validUntilTs = Math.min(validUntil, now + MAX_VALIDITY_MS);
  const fixed = { serverName, validUntilTs, supersededAt: undefined };
  const keys: ServerKey[] = [];
  let isSigned = false;
  for (const [keyId, value] of current) {
    const publicKey = keyOf(value);
    if (publicKey === undefined || !isKeyId(keyId)) continue;
    if (signatureOf(answer, serverName, keyId) !== undefined) {
      if (!verifyJson(answer, serverName, keyId, publicKey.text)) return undefined;
      isSigned = true;
    }
    keys.push({ ...fixed, keyId, publicKey: publicKey.bytes, expiredTs: undefined });
  }
  if (!isSigned) return undefined;
  const currentIds = new Set(keys.map((key) => key.keyId));
  for (const [keyId, value] of entries(ownValue(answer, 'old_verify_keys'))) {
    const publicKey = keyOf(value);
    const expiredTs = isJsonObject(value) ? ownValue(value, 'expired_ts') : undefined;
    if (publicKey === undefined || !isKeyId(keyId) || !Number.isSafeInteger(expiredTs)) continue;
    if (typeof expiredTs !== 'number' || currentIds.has(keyId)) continue;
    keys.push({ ...fixed, keyId, publicKey: publicKey.bytes, expiredTs });
  }
  return keys;
}

function isKeyId(text: string): boolean {
  return /^ed25519:\w{1,100}$/.test(text);
}

/** This server's keys as it publishes them, signed by every current one: other servers thereby see that it holds each of them. */
export function publishedKeys(
  serverName: ServerName,
  keys: SigningKeys,
  oldKeys: readonly OldSigningKey[],
  validUntilTs: number,
): JsonObject {
  const currentIds = new Set(keys.map(({ keyId }) => keyId));
  const published: JsonObject = {
    server_name: serverName,
    valid_until_ts: validUntilTs,
    verify_keys: Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, { key: publicKey }])),
    old_verify_keys: Object.fromEntries(
      oldKeys
        .filter(({ keyId }) => !currentIds.has(keyId))
        .map(({ keyId, publicKey, expiredAt }) => [keyId, { key: publicKey, expired_ts: expiredAt }]),
    ),
  };
  return keys.reduce((signed, key) => signJson(signed, serverName, key), published);
}

function entries(value: JsonValue | undefined): [string, JsonValue][] {
  return isJsonObject(value) ? Object.entries(value).slice(0, MAX_KEYS) : [];
}

function keyOf(value: JsonValue): { text: string; bytes: Buffer } | undefined {
  const text = isJsonObject(value) ? ownValue(value, 'key') : undefined;
  const bytes = typeof text === 'string' ? decodeBase64(text) : undefined;
  if (typeof text !== 'string' || bytes === undefined || !isPublicKey(text)) return undefined;
  return leakedKeys.has(encodeBase64(bytes)) ? undefined : { text, bytes };
}
