import type { Clock } from '@plexus/observability';
import type { EphemeralStore } from './ephemeral-store.ts';
import { ExpiringMap } from './expiring-map.ts';

/** A version outlives its members by this, as in Redis. */
const VERSION_KEPT_MS = 3_600_000;

interface MemberSet {
  /** Member → expiry in milliseconds since the epoch. */
  readonly members: Map<string, number>;
  version: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** The ephemeral store of a process that holds all services. */
export function memoryStore(clock: Clock): EphemeralStore {
  const values = new ExpiringMap<string>();
  const sets = new ExpiringMap<MemberSet>();
  const buckets = new ExpiringMap<Bucket>();
  return {
    get: async (key) => values.get(key, clock.now()),
    set: async (key, value, ttlMs) => values.set(key, value, clock.now() + ttlMs, clock.now()),
    setIfAbsent: async (key, value, ttlMs) => {
      const now = clock.now();
      if (values.get(key, now) !== undefined) return false;
      values.set(key, value, now + ttlMs, now);
      return true;
    },
    take: async (key) => {
      const value = values.get(key, clock.now());
      values.delete(key);
      return value;
    },
    delete: async (key) => values.delete(key),
    addMember: async (key, member, ttlMs) => {
      const now = clock.now();
      const set = sets.get(key, now) ?? { members: new Map(), version: 0 };
      const changed = dropExpired(set, now) || !set.members.has(member);
      set.members.set(member, now + ttlMs);
      return keep(sets, key, set, changed, now);
    },
    removeMember: async (key, member) => {
      const now = clock.now();
      const set = sets.get(key, now);
      if (set === undefined) return now;
      const expired = dropExpired(set, now);
      return keep(sets, key, set, set.members.delete(member) || expired, now);
    },
    members: async (key) => {
      const now = clock.now();
      const set = sets.get(key, now);
      if (set === undefined) return { members: [], version: now };
      const version = keep(sets, key, set, dropExpired(set, now), now);
      return { members: [...set.members.keys()].sort(), version };
    },
    takeTokens: async (key, bucket, count) => takeTokens(buckets, { key, ...bucket, count }, clock.now()),
    returnTokens: async (key, bucket, count) => returnTokens(buckets, { key, ...bucket, count }, clock.now()),
    problem: async () => undefined,
    close: async () => {
      for (const map of [values, sets, buckets]) map.clear();
    },
  };
}

function dropExpired(set: MemberSet, now: number): boolean {
  const before = set.members.size;
  for (const [member, expiresAt] of set.members) if (expiresAt <= now) set.members.delete(member);
  return set.members.size < before;
}

/** Versions start at the clock, so that those of a set that was forgotten and made again still grow. */
function keep(sets: ExpiringMap<MemberSet>, key: string, set: MemberSet, changed: boolean, now: number): number {
  if (changed) set.version = Math.max(set.version + 1, now);
  let expiresAt = now;
  for (const memberExpiresAt of set.members.values()) expiresAt = Math.max(expiresAt, memberExpiresAt);
  sets.set(key, set, expiresAt + VERSION_KEPT_MS, now);
  return set.version;
}

interface Tokens {
  readonly key: string;
  readonly perSecond: number;
  readonly burst: number;
  readonly count: number;
}

function takeTokens(buckets: ExpiringMap<Bucket>, { key, perSecond, burst, count }: Tokens, now: number): number {
  const perMs = perSecond / 1000;
  const bucket = buckets.get(key, now) ?? { tokens: burst, filledAt: now };
  const tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.filledAt) * perMs);
  const needed = Math.min(count, burst);
  const isTaken = tokens >= needed;
  const left = isTaken ? tokens - count : tokens;
  buckets.set(key, { tokens: left, filledAt: now }, now + Math.ceil((burst - left) / perMs), now);
  return isTaken ? 0 : Math.ceil((needed - tokens) / perMs);
}

function returnTokens(buckets: ExpiringMap<Bucket>, { key, perSecond, burst, count }: Tokens, now: number): void {
  const bucket = buckets.get(key, now);
  // One that is not known is full.
  if (bucket === undefined) return;
  const tokens = Math.min(burst, bucket.tokens + count);
  buckets.set(key, { ...bucket, tokens }, now + Math.ceil(((burst - tokens) * 1000) / perSecond), now);
}
