import { hash } from 'node:crypto';

/** SHA-256 of an access token: all that is stored of it, and all of it that travels between services. 32 bytes. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** The same hash as a key of maps (base64), so that memory holds no token in clear. 0.3 µs a token. */
export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64');
}

export function hashOfKey(key: string): Buffer {
  return Buffer.from(key, 'base64');
}
