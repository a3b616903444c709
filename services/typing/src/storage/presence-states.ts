import type { EphemeralStore } from '@plexus/cache';
import { isJsonObject, ownValue, parseStoredJson, type UserId } from '@plexus/matrix';
import { isPresence, type StoredPresence } from '../domain/presence.ts';

/** A message of a user who is away for longer is old news. */
const KEPT_MS = 30 * 24 * 3_600_000;

/** What users said of their presence, in the ephemeral store. */
export class PresenceStates {
  readonly #store: EphemeralStore;

  constructor(store: EphemeralStore) {
    this.#store = store;
  }

  set(userId: UserId, { presence, statusMessage, saidAt }: StoredPresence): Promise<void> {
    const value = { presence, saidAt, ...(statusMessage !== undefined && { statusMessage }) };
    return this.#store.set(keyOf(userId), JSON.stringify(value), KEPT_MS);
  }

  async get(userId: UserId): Promise<StoredPresence | undefined> {
    const text = await this.#store.get(keyOf(userId));
    return text === undefined ? undefined : parse(text);
  }
}

function parse(text: string): StoredPresence | undefined {
  const value = parseStoredJson(text);
  if (!isJsonObject(value)) return undefined;
  const [presence, saidAt, statusMessage] = ['presence', 'saidAt', 'statusMessage'].map((key) => ownValue(value, key));
  if (!isPresence(presence) || typeof saidAt !== 'number') return undefined;
  return { presence, saidAt, statusMessage: typeof statusMessage === 'string' ? statusMessage : undefined };
}

function keyOf(userId: UserId): string {
  return `presence:${userId}`;
}
