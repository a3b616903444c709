import type { EphemeralStore } from '@plexus/cache';
import type { UserId } from '@plexus/matrix';
import type { Observability } from '@plexus/observability';

/** How long a sign-in counts. */
const LIFETIME_MS = 30 * 24 * 3_600_000;

/** From where users have signed in lately. Forgetting it costs them an exemption and nothing else, so no failure matters. */
export interface AddressesOfUsers {
  includes(userId: UserId, address: string): Promise<boolean>;
  add(userId: UserId, address: string): Promise<void>;
}

export function addressesOfUsers(store: EphemeralStore, { log }: Pick<Observability, 'log'>): AddressesOfUsers {
  const key = (userId: UserId, address: string) => `clientapi:signed-in:${userId}:${address}`;
  return {
    includes: async (userId, address) => {
      try {
        return (await store.get(key(userId, address))) !== undefined;
      } catch (error) {
        log.debug({ error }, 'where users have signed in cannot be looked up');
        return false;
      }
    },
    add: async (userId, address) => {
      try {
        await store.set(key(userId, address), '1', LIFETIME_MS);
      } catch (error) {
        log.debug({ error }, 'where a user has signed in cannot be remembered');
      }
    },
  };
}
