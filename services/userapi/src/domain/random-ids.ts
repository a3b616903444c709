import type { Random } from '@plexus/observability';

const UPPER_CASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** An access token: 256 bits behind a prefix that scanners for leaked secrets can recognise. */
export function newAccessToken(random: Random): string {
  return `plx_${random.bytes(32).toString('base64url')}`;
}

/** Ten letters, as people read them out to each other when they verify a session. */
export function newDeviceId(random: Random): string {
  return letters(random, 10, UPPER_CASE);
}

/** A localpart for who does not choose one; 60 bits, so that two are never the same. */
export function newLocalpart(random: Random): string {
  return letters(random, 12, BASE32);
}

export function newRegistrationToken(random: Random): string {
  return random.bytes(12).toString('base64url');
}

/** Two bytes a letter: the letters that come up more often do so by less than one in a thousand. */
function letters(random: Random, length: number, alphabet: string): string {
  const bytes = random.bytes(length * 2);
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet.charAt(bytes.readUInt16BE(i * 2) % alphabet.length);
  return text;
}
