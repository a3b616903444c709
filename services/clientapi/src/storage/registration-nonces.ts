import type { EphemeralStore } from '@plexus/cache';
import type { Random } from '@plexus/observability';

const LIFETIME_MS = 60_000;

/** Nonces of shared-secret registrations: each is good for one use within a minute, whichever process gave it out. */
export interface RegistrationNonces {
  issue(): Promise<string>;
  /** Of several who use one, exactly one gets true. */
  use(nonce: string): Promise<boolean>;
}

export function registrationNonces(store: EphemeralStore, random: Random): RegistrationNonces {
  const key = (nonce: string) => `clientapi:register-nonce:${nonce}`;
  return {
    issue: async () => {
      const nonce = random.bytes(32).toString('hex');
      await store.set(key(nonce), '1', LIFETIME_MS);
      return nonce;
    },
    use: async (nonce) => (await store.take(key(nonce))) !== undefined,
  };
}
