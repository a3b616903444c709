import type { NamespaceMatcher } from '@plexus/appservices';
import type { SessionInvalidation } from '@plexus/contracts/streams/session-lease';
import type { Requester } from '@plexus/http';
import type { UserId } from '@plexus/matrix';
import { LRUCache } from 'lru-cache';

export type UserRequester = Extract<Requester, { kind: 'user' }>;

/** An application service, before it is known as whom it acts. */
export interface AppserviceToken {
  readonly kind: 'appservice';
  readonly appserviceId: string;
  readonly senderUserId: UserId;
  readonly rateLimited: boolean;
  readonly mayActAs: NamespaceMatcher;
}

export type KnownToken = UserRequester | AppserviceToken;

/** About 1 KB an entry. */
const MAX_SESSIONS = 50_000;

/** What is known of tokens, by token key, and which tokens a user has. */
export class HeldSessions {
  readonly #byUser = new Map<string, Set<string>>();
  readonly #tokens = new LRUCache<string, KnownToken>({
    max: MAX_SESSIONS,
    dispose: (token, key) => this.#unlink(token, key),
  });

  get(key: string): KnownToken | undefined {
    return this.#tokens.get(key);
  }

  set(key: string, token: KnownToken, ttlMs: number | undefined): void {
    this.#tokens.set(key, token, ttlMs === undefined ? {} : { ttl: ttlMs });
    if (token.kind !== 'user') return;
    const keys = this.#byUser.get(token.userId);
    if (keys === undefined) this.#byUser.set(token.userId, new Set([key]));
    else keys.add(key);
  }

  delete(key: string): void {
    this.#tokens.delete(key);
  }

  /** Forgets what an invalidation names. */
  forget(ended: SessionInvalidation): void {
    if (ended.userId === '') this.#tokens.clear();
    for (const key of this.#byUser.get(ended.userId) ?? []) {
      const token = this.#tokens.peek(key);
      if (token !== undefined && isEnded(token, ended)) this.#tokens.delete(key);
    }
  }

  get size(): number {
    return this.#tokens.size;
  }

  #unlink(token: KnownToken, key: string): void {
    if (token.kind !== 'user') return;
    const keys = this.#byUser.get(token.userId);
    keys?.delete(key);
    if (keys?.size === 0) this.#byUser.delete(token.userId);
  }
}

/** Whether an invalidation names the session of this token. */
export function isEnded(token: KnownToken, ended: SessionInvalidation): boolean {
  if (ended.userId === '') return true;
  if (token.kind !== 'user' || token.userId !== ended.userId) return false;
  return ended.deviceIds.length === 0 || ended.deviceIds.includes(token.deviceId);
}
