import { createHmac } from 'node:crypto';
import type { UserId } from '@plexus/matrix';

export interface TurnSettings {
  readonly uris: readonly string[];
  readonly sharedSecret?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly ttlSeconds: number;
}

/** What a client needs to use the TURN server. Client-server API, "GET /_matrix/client/v3/voip/turnServer". */
export interface TurnCredentials {
  readonly username: string;
  readonly password: string;
  readonly uris: readonly string[];
  readonly ttl: number;
}

/**
 * The credentials of a user; undefined when no TURN server is configured. With a shared secret they are of the user alone and expire, as TURN
 * servers compute them ("A REST API For Access To TURN Services"): the name is the time of expiry, the password its HMAC.
 */
export function turnCredentials(settings: TurnSettings, userId: UserId, now: number): TurnCredentials | undefined {
  const { uris, sharedSecret, ttlSeconds: ttl } = settings;
  if (uris.length === 0) return undefined;
  if (sharedSecret !== undefined) {
    const username = `${Math.floor(now / 1000) + ttl}:${userId}`;
    return { username, password: createHmac('sha1', sharedSecret).update(username).digest('base64'), uris, ttl };
  }
  const { username, password } = settings;
  return username === undefined || password === undefined ? undefined : { username, password, uris, ttl };
}
