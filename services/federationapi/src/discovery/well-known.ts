import { isJsonObject, ownValue, parseStrictJson } from '@plexus/matrix';

/** An answer to GET /.well-known/matrix/server. */
export interface WellKnownAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly cacheControl: string | undefined;
  readonly expires: string | undefined;
  /** Undefined when it is too long. */
  readonly body: string | undefined;
}

/** GET of an HTTPS URL, with its body bounded. @throws when there is no answer. */
export type WellKnownFetch = (url: string) => Promise<WellKnownAnswer>;

/** What is known of a host's delegation, and for how many milliseconds. */
export interface Delegation {
  readonly server: string | undefined;
  readonly ttlMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Without caching headers an answer is kept for a day, within the recommended bounds for those with such headers. */
const DEFAULT_FOUND_MS = 24 * HOUR_MS;
const MIN_FOUND_MS = 5 * MINUTE_MS;
const MAX_FOUND_MS = 48 * HOUR_MS;
const MISSING_MS = HOUR_MS;
const MAX_REDIRECTS = 5;

/**
 * Fetches the delegation of a host: redirects are followed within https and a bounded number, and the answer is kept as its `Cache-Control`
 * or `Expires` header says. Every failure means that the host does not delegate, for an hour. Server-Server API, "Well-known URI".
 */
export async function fetchDelegation(hostname: string, fetch: WellKnownFetch, now: number): Promise<Delegation> {
  let url = `https://${hostname}/.well-known/matrix/server`;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await fetch(url).catch(() => undefined);
    const next = answer === undefined ? undefined : redirectOf(answer, url);
    if (next === undefined) {
      const server = answer?.status === 200 ? serverIn(answer.body) : undefined;
      if (answer === undefined || server === undefined) break;
      return { server, ttlMs: lifetimeOf(answer, now) };
    }
    url = next;
  }
  return { server: undefined, ttlMs: MISSING_MS };
}

function redirectOf({ status, location }: WellKnownAnswer, from: string): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  const target = URL.parse(location, from);
  return target?.protocol === 'https:' && target.username === '' ? target.href : undefined;
}

function serverIn(body: string | undefined): string | undefined {
  const parsed = parseStrictJson(body ?? '', { numbers: 'ordinary', maxDepth: 100 });
  const server = parsed.ok && isJsonObject(parsed.value) ? ownValue(parsed.value, 'm.server') : undefined;
  return typeof server === 'string' ? server : undefined;
}

function lifetimeOf({ cacheControl, expires }: WellKnownAnswer, now: number): number {
  const directives = (cacheControl ?? '')
    .toLowerCase()
    .split(',')
    .map((each) => each.trim());
  if (directives.includes('no-store') || directives.includes('no-cache')) return MIN_FOUND_MS;
  const maxAge = directives.map((each) => /^max-age=(\d{1,10})$/.exec(each)?.[1]).find((each) => each !== undefined);
  const until = expires === undefined ? Number.NaN : Date.parse(expires);
  const wanted = maxAge !== undefined ? Number(maxAge) * 1_000 : Number.isNaN(until) ? DEFAULT_FOUND_MS : until - now;
  return Math.min(Math.max(wanted, MIN_FOUND_MS), MAX_FOUND_MS);
}
