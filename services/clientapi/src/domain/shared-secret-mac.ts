import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SharedSecretRegistration {
  readonly nonce: string;
  readonly username: string;
  readonly password: string;
  readonly admin: boolean;
  readonly userType: string | undefined;
}

/**
 * Whether the MAC is that of the registration: HMAC-SHA1 in hexadecimal over nonce, user name, password, `admin` or `notadmin`
 * and the user type, joined by NUL. A field that holds a NUL could pass for two and is refused. Compared in constant time.
 */
export function isMacOf(registration: SharedSecretRegistration, secret: string, mac: string): boolean {
  const { nonce, username, password, admin, userType } = registration;
  const fields = [
    nonce,
    username,
    password,
    admin ? 'admin' : 'notadmin',
    ...(userType === undefined ? [] : [userType]),
  ];
  if (fields.some((field) => field.includes('\0'))) return false;
  const expected = createHmac('sha1', secret).update(fields.join('\0')).digest();
  const given = Buffer.from(mac, 'hex');
  return given.length === expected.length && mac.length === 2 * expected.length && timingSafeEqual(given, expected);
}
