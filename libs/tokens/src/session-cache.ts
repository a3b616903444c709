import { compileNamespaces } from '@plexus/appservices';
import type { SessionInvalidation } from '@plexus/contracts/streams/session-lease';
import type { IntrospectedToken, UserapiService } from '@plexus/contracts/userapi';
import type { Masquerade, Refusal, Requester } from '@plexus/http';
import { isDeviceId, isUserId } from '@plexus/matrix';
import {
  type Clock,
  counter,
  fromZero,
  gauge,
  type Observability,
  type Random,
  sessionMetrics,
} from '@plexus/observability';
import { RpcError } from '@plexus/rpc';
import type { StreamConnection } from '@plexus/streams';
import { LRUCache } from 'lru-cache';
import { tokenKey } from './hash-token.ts';
import { HeldSessions, isEnded, type KnownToken } from './held-sessions.ts';
import { Introspection } from './introspection.ts';
import { SessionHolder } from './lease/session-holder.ts';
import { MasqueradeChecks } from './masquerade.ts';
import { RecentInvalidations } from './recent-invalidations.ts';

export interface SessionCacheOptions {
  readonly userapi: Pick<UserapiService, 'introspect' | 'checkMasquerade'>;
  readonly streams: StreamConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly observability: Observability;
}

/** A token that is not known is not asked about again for so long: new tokens are random, so only a new registration is seen late. */
const UNKNOWN_TTL_MS = 5000;

/** Registrations of application services change without an invalidation. */
const APPSERVICE_TTL_MS = 30_000;

/** So long a userapi that restarts is waited for when what is held would do, and then so long it is not asked again. */
const RESTART_PATIENCE_MS = 500;

/** Who asks with unknown tokens shall not push out those that are known. */
const MAX_UNKNOWN = 10_000;

/**
 * Access token → who it is, for the HTTP edge. Warm answers cost one hash and two looks into maps; a logout is effective here before
 * userapi answers it (docs/decisions/session-leases.md).
 */
export class SessionCache {
  readonly #held = new HeldSessions();
  readonly #unknown: LRUCache<string, Refusal>;
  readonly #recent = new RecentInvalidations();
  readonly #introspection: Introspection;
  /** Of tokens that are held but must be asked about: what is held is the answer when there is nobody to ask. */
  readonly #confirmation: Introspection;
  readonly #clock: Clock;
  #unreachableUntil = Number.NEGATIVE_INFINITY;
  readonly #masquerades: MasqueradeChecks;
  readonly #holder: SessionHolder;
  readonly #answers;

  constructor(options: SessionCacheOptions) {
    const { userapi, clock, observability } = options;
    this.#unknown = new LRUCache({ max: MAX_UNKNOWN, ttl: UNKNOWN_TTL_MS, perf: { now: () => clock.monotonic() } });
    this.#clock = clock;
    this.#introspection = new Introspection(userapi, {});
    this.#confirmation = new Introspection(userapi, { timeoutMs: RESTART_PATIENCE_MS });
    this.#masquerades = new MasqueradeChecks(userapi);
    this.#answers = fromZero(
      counter(observability, sessionMetrics.lookups),
      { outcome: 'held' },
      { outcome: 'asked' },
      { outcome: 'unknown' },
      { outcome: 'heldWithoutUserapi' },
    );
    gauge(observability, sessionMetrics.entries, (metric) => metric.set(this.#held.size));
    this.#holder = new SessionHolder({ ...options, forget: (ended) => this.#forget(ended) });
  }

  /**
   * Who shows this token; of an application service, as whom it acts (`userId`, `deviceId` of the query; ignored for users). At once when
   * it is held. Application Service API, "Identity assertion".
   * @throws RpcError when userapi must be asked and does not answer.
   */
  authenticate(token: string, masquerade: Masquerade): Requester | Refusal | Promise<Requester | Refusal> {
    const key = tokenKey(token);
    const trust = this.#holder.trust();
    const counts = trust === 'held' || (trust === 'asking' && this.#clock.monotonic() < this.#unreachableUntil);
    const held = counts ? this.#held.get(key) : undefined;
    if (held === undefined) {
      const unknown = trust === 'lost' ? undefined : this.#unknown.get(key);
      if (unknown !== undefined) return unknown;
      return this.#ask(key, masquerade);
    }
    this.#answers.inc({ outcome: 'held' });
    return held.kind === 'user' ? held : this.#masquerades.requester(held, masquerade, true);
  }

  stop(): void {
    this.#holder.stop();
    this.#forget({ userId: '', deviceIds: [] });
  }

  async #ask(key: string, masquerade: Masquerade): Promise<Requester | Refusal> {
    const known = await this.#introspect(key);
    if (known.kind === 'appservice')
      return this.#masquerades.requester(known, masquerade, this.#holder.trust() === 'held');
    return known;
  }

  /** An answer that an invalidation overtook is asked for again. */
  async #introspect(key: string): Promise<KnownToken | Refusal> {
    const mark = this.#recent.begin();
    // userapi waits for holders it has heard alone, so what was asked before it heard this one is not held.
    const mayHold = this.#holder.trust() !== 'lost';
    try {
      const answer = await (this.#fallback(key) === undefined ? this.#introspection : this.#confirmation).ask(key);
      const known = knownToken(answer);
      if (known.kind === 'refused') {
        this.#answers.inc({ outcome: 'unknown' });
        this.#held.delete(key);
        this.#unknown.set(key, known);
        return known;
      }
      if (!this.#recent.since(mark).some((ended) => isEnded(known, ended))) {
        this.#answers.inc({ outcome: 'asked' });
        if (mayHold) this.#held.set(key, known, known.kind === 'appservice' ? APPSERVICE_TTL_MS : undefined);
        return known;
      }
    } catch (error) {
      return this.#withoutUserapi(key, error);
    } finally {
      this.#recent.end();
    }
    return this.#introspect(key);
  }

  /** No userapi answers, so none ends sessions: what it said last still holds, as long as its invalidations would come through. */
  #withoutUserapi(key: string, error: unknown): KnownToken {
    const held = this.#fallback(key);
    if (held === undefined || !(error instanceof RpcError) || error.code !== 'UNAVAILABLE') throw error;
    this.#unreachableUntil = this.#clock.monotonic() + RESTART_PATIENCE_MS;
    this.#answers.inc({ outcome: 'heldWithoutUserapi' });
    return held;
  }

  #fallback(key: string): KnownToken | undefined {
    return this.#holder.trust() === 'lost' ? undefined : this.#held.get(key);
  }

  #forget(ended: SessionInvalidation): void {
    this.#recent.add(ended);
    this.#introspection.detach();
    this.#confirmation.detach();
    this.#held.forget(ended);
    this.#masquerades.forget(ended);
  }
}

function knownToken({ result }: IntrospectedToken): KnownToken | Refusal {
  switch (result?.$case) {
    case 'user': {
      const { userId, deviceId, admin, sessionNid } = result.value;
      if (!isUserId(userId) || !isDeviceId(deviceId)) throw new TypeError('userapi answered with a malformed session');
      return { kind: 'user', userId, deviceId, admin, sessionNid };
    }
    case 'appservice': {
      const { appserviceId, senderUserId, userNamespaces, rateLimited } = result.value;
      if (!isUserId(senderUserId)) throw new TypeError('userapi answered with a malformed sender');
      return {
        kind: 'appservice',
        appserviceId,
        senderUserId,
        rateLimited,
        mayActAs: compileNamespaces(userNamespaces),
      };
    }
    default:
      return {
        kind: 'refused',
        error: { status: 401, errcode: 'M_UNKNOWN_TOKEN', error: 'The access token is not known' },
        softLogout: result?.value.softLogout ?? false,
      };
  }
}
