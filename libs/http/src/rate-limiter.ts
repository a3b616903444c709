import type { EphemeralStore } from '@plexus/cache';
import { counter, fromZero, httpMetrics, type Observability } from '@plexus/observability';
import type { RateClass } from '@plexus/routes';
import { errors } from './errors.ts';

export interface TokenBucket {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateLimiter {
  /**
   * Takes a token of the subject's bucket (a user id, an address) for each of the things that are to be done. Throws M_LIMIT_EXCEEDED when they
   * are not there; more than the burst are taken from a full bucket, so that a large request passes and is paid for afterwards.
   */
  take(rateClass: RateClass, subject: string, count?: number): Promise<void>;
  /** Puts tokens back that were taken for what then did not happen: limits count what was done, not what was asked for. */
  giveBack(rateClass: RateClass, subject: string, count?: number): Promise<void>;
}

export type RateLimits = Readonly<Record<Exclude<RateClass, 'none'>, TokenBucket>>;

/** Synapse's defaults where it has them; a person who types does not notice any of these. */
export const defaultLimits: RateLimits = {
  general: { perSecond: 10, burst: 100 },
  message: { perSecond: 1, burst: 20 },
  // Wrong passwords by address: few, so that nobody guesses. By account: many, so that nobody who knows its name can lock its owner out.
  login: { perSecond: 0.17, burst: 5 },
  loginAccount: { perSecond: 1, burst: 300 },
  // Interactive authentications that are begun, each of which is kept for a quarter of an hour.
  interactiveAuth: { perSecond: 1, burst: 60 },
  // Accounts that are made, by address.
  registration: { perSecond: 0.17, burst: 3 },
  registrationCheck: { perSecond: 0.5, burst: 10 },
  join: { perSecond: 0.1, burst: 10 },
  // Invites by sender, and by receiver whoever sends them.
  invite: { perSecond: 0.3, burst: 10 },
  inviteReceived: { perSecond: 0.1, burst: 20 },
  // Item by item at 256 KiB; bridges write tags and direct chats of many rooms when they start.
  accountData: { perSecond: 2, burst: 200 },
  presence: { perSecond: 0.1, burst: 5 },
  mediaUpload: { perSecond: 1, burst: 50 },
  thirdPartyIdentifier: { perSecond: 0.003, burst: 5 },
};

/** The defaults, but for the classes that the configuration names. */
function limitsWith(classes: { readonly [Name in keyof RateLimits]?: TokenBucket | undefined }): RateLimits {
  return {
    general: classes.general ?? defaultLimits.general,
    message: classes.message ?? defaultLimits.message,
    login: classes.login ?? defaultLimits.login,
    loginAccount: classes.loginAccount ?? defaultLimits.loginAccount,
    interactiveAuth: classes.interactiveAuth ?? defaultLimits.interactiveAuth,
    registration: classes.registration ?? defaultLimits.registration,
    registrationCheck: classes.registrationCheck ?? defaultLimits.registrationCheck,
    join: classes.join ?? defaultLimits.join,
    invite: classes.invite ?? defaultLimits.invite,
    inviteReceived: classes.inviteReceived ?? defaultLimits.inviteReceived,
    accountData: classes.accountData ?? defaultLimits.accountData,
    presence: classes.presence ?? defaultLimits.presence,
    mediaUpload: classes.mediaUpload ?? defaultLimits.mediaUpload,
    thirdPartyIdentifier: classes.thirdPartyIdentifier ?? defaultLimits.thirdPartyIdentifier,
  };
}

/** Guessing a password or filling the server with accounts must not become free when the store is gone. */
const closedWithoutStore: ReadonlySet<RateClass> = new Set([
  'login',
  'loginAccount',
  'interactiveAuth',
  'registration',
  'registrationCheck',
  'thirdPartyIdentifier',
]);

const RETRY_WITHOUT_STORE_MS = 5000;

type RateLimitSettings = {
  readonly enabled: boolean;
  readonly classes: Parameters<typeof limitsWith>[0];
};

/** The limits of a configuration that may be replaced while the process runs; undefined while they are off. */
export function limitsOf(config: { readonly rateLimits: RateLimitSettings }): () => RateLimits | undefined {
  let settings: RateLimitSettings | undefined;
  let limits: RateLimits | undefined;
  return () => {
    if (config.rateLimits !== settings) {
      settings = config.rateLimits;
      limits = settings.enabled ? limitsWith(settings.classes) : undefined;
    }
    return limits;
  };
}

/** Limits that hold for all processes together, since the buckets are in the ephemeral store. */
export function createRateLimiter(
  store: EphemeralStore,
  limits: () => RateLimits | undefined,
  observability: Observability,
): RateLimiter {
  const classes = Object.keys(defaultLimits).map((name) => ({ class: name }));
  const bucketOf = (rateClass: RateClass) => (rateClass === 'none' ? undefined : limits()?.[rateClass]);
  const keyOf = (rateClass: RateClass, subject: string) => `rate:${rateClass}:${subject}`;
  const limited = fromZero(counter(observability, httpMetrics.rateLimited), ...classes);
  return {
    async take(rateClass, subject, count = 1) {
      const bucket = bucketOf(rateClass);
      if (bucket === undefined) return;
      let waitMs: number;
      try {
        waitMs = await store.takeTokens(keyOf(rateClass, subject), bucket, count);
      } catch (error) {
        const closed = closedWithoutStore.has(rateClass);
        observability.log.warn({ error, rateClass, refused: closed }, 'rate limits cannot be checked');
        waitMs = closed ? RETRY_WITHOUT_STORE_MS : 0;
      }
      if (waitMs === 0) return;
      limited.inc({ class: rateClass });
      throw errors.limitExceeded(waitMs);
    },
    async giveBack(rateClass, subject, count = 1) {
      const bucket = bucketOf(rateClass);
      if (bucket === undefined) return;
      try {
        await store.returnTokens(keyOf(rateClass, subject), bucket, count);
      } catch (error) {
        // The bucket fills again by itself.
        observability.log.warn({ error, rateClass }, 'a token of a rate limit could not be given back');
      }
    },
  };
}
