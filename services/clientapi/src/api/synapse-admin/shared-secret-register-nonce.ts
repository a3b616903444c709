import { errors, type Handler, json } from '@plexus/http';
import type { ClientapiContext } from '../../context.ts';
import { registrationNonces } from '../../storage/registration-nonces.ts';

/** GET /_synapse/admin/v1/register: a nonce for one registration within a minute. Unrecognized without a shared secret. */
export function sharedSecretRegisterNonce({ ephemeral, random, settings }: ClientapiContext): Handler {
  const nonces = registrationNonces(ephemeral, random);
  return async () => {
    if (settings.registration.sharedSecret === undefined) throw errors.unrecognized();
    return json({ nonce: await nonces.issue() });
  };
}
