/**
 * What may be forgotten: Redis, or the memory of the one process that holds all services. Both pass the same contract suite.
 * Every value has an expiry. Callers must be right (if slower) when everything is suddenly gone.
 * Every call may throw EphemeralStoreError, at once or within half a second: nothing waits for a store that is away.
 */
export interface EphemeralStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Sets only when absent; true when this call set it. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Takes a value out: of concurrent callers exactly one gets it. */
  take(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
  /**
   * Members of a set that expire one by one; returns the set's version, which grows when a member comes, goes or expires, and not when
   * one is renewed. Versions never fall, even when the store was emptied in between.
   */
  addMember(key: string, member: string, ttlMs: number): Promise<number>;
  removeMember(key: string, member: string): Promise<number>;
  /** Members not expired, sorted by code unit, and the version. */
  members(key: string): Promise<{ members: string[]; version: number }>;
  /**
   * Token bucket: takes so many tokens; milliseconds to wait when they are not there, else 0. More than the burst are taken from a full bucket,
   * which then fills for so much longer before the next is there.
   */
  takeTokens(key: string, bucket: { perSecond: number; burst: number }, count: number): Promise<number>;
  /** Puts tokens back that were taken for what then did not happen; a bucket never holds more than its burst. */
  returnTokens(key: string, bucket: { perSecond: number; burst: number }, count: number): Promise<void>;
  /** Why it cannot be used, in words; undefined when it can. Never rejects. */
  problem(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** The store did not answer. It carries no key and no value: both may be secret. */
export class EphemeralStoreError extends Error {
  override readonly name = 'EphemeralStoreError';
  readonly retryable = true;
}
