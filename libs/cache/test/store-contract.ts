import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EphemeralStore } from '../src/ephemeral-store.ts';

export interface StoreUnderTest {
  readonly store: EphemeralStore;
  /** Lets time pass in the store. */
  pass(milliseconds: number): Promise<void>;
  /** Forgets everything. */
  empty(): Promise<void>;
  end(): Promise<void>;
}

const LONG = 60_000;
/** Short enough to wait for, long enough not to pass between two commands on a busy machine. */
const SHORT = 250;

/** What every ephemeral store does. */
export function storeContract(open: () => Promise<StoreUnderTest>): void {
  let under: StoreUnderTest;
  let store: EphemeralStore;
  let keys = 0;
  const newKey = () => `key ${++keys}`;
  beforeAll(async () => {
    under = await open();
    store = under.store;
  });
  afterAll(() => under.end());

  test('gives back what was set, until it expires', async () => {
    const key = newKey();
    expect(await store.get(key)).toBeUndefined();
    await store.set(key, 'välue', SHORT);
    expect(await store.get(key)).toBe('välue');
    await under.pass(SHORT + 20);
    expect(await store.get(key)).toBeUndefined();
  });

  test('sets over an old value with the new expiry, and deletes', async () => {
    const key = newKey();
    await store.set(key, 'old', SHORT);
    await store.set(key, '', LONG);
    await under.pass(SHORT + 20);
    expect(await store.get(key)).toBe('');
    await store.delete(key);
    expect(await store.get(key)).toBeUndefined();
    await store.delete(key);
  });

  test('sets when absent once only, and again after expiry', async () => {
    const key = newKey();
    const results = await Promise.all([1, 2, 3].map((n) => store.setIfAbsent(key, `${n}`, SHORT)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await store.get(key)).toBe(String(results.indexOf(true) + 1));
    await under.pass(SHORT + 20);
    expect(await store.setIfAbsent(key, 'again', LONG)).toBe(true);
    expect(await store.get(key)).toBe('again');
  });

  test('of concurrent takers one gets the value', async () => {
    const key = newKey();
    await store.set(key, 'nonce', LONG);
    const taken = await Promise.all([store.take(key), store.take(key), store.take(key)]);
    expect(taken.filter((value) => value === 'nonce')).toHaveLength(1);
    expect(taken.filter((value) => value === undefined)).toHaveLength(2);
  });

  test('members come sorted, leave by themselves one by one, and each change raises the version', async () => {
    const key = newKey();
    const empty = await store.members(key);
    expect(empty.members).toEqual([]);
    const one = await store.addMember(key, 'zoe', LONG);
    expect(one).toBeGreaterThanOrEqual(empty.version);
    const two = await store.addMember(key, 'Ada', SHORT);
    expect(two).toBeGreaterThan(one);
    expect(await store.members(key)).toEqual({ members: ['Ada', 'zoe'], version: two });
    await under.pass(SHORT + 20);
    const after = await store.members(key);
    expect(after.members).toEqual(['zoe']);
    expect(after.version).toBeGreaterThan(two);
    expect(await store.members(key)).toEqual(after);
    const removed = await store.removeMember(key, 'zoe');
    expect(removed).toBeGreaterThan(after.version);
    expect(await store.members(key)).toEqual({ members: [], version: removed });
  });

  test('renewing a member keeps it longer and changes no version', async () => {
    const key = newKey();
    const version = await store.addMember(key, 'bob', SHORT);
    expect(await store.addMember(key, 'bob', LONG)).toBe(version);
    expect(await store.removeMember(key, 'nobody')).toBe(version);
    await under.pass(SHORT + 20);
    expect(await store.members(key)).toEqual({ members: ['bob'], version });
  });

  test('a version does not fall when the last member expires or the store is emptied', async () => {
    const key = newKey();
    let version = 0;
    for (let n = 0; n < 5; n++) version = await store.addMember(key, `member ${n}`, SHORT);
    await under.pass(SHORT + 20);
    const expired = await store.members(key);
    expect(expired).toEqual({ members: [], version: expect.any(Number) });
    expect(expired.version).toBeGreaterThan(version);
    await under.pass(20);
    await under.empty();
    expect((await store.members(key)).version).toBeGreaterThanOrEqual(expired.version);
    expect(await store.addMember(key, 'new', LONG)).toBeGreaterThan(expired.version);
  });

  test('a bucket gives its burst at once, then says how long to wait, then fills again', async () => {
    const key = newKey();
    const bucket = { perSecond: 4, burst: 3 };
    expect(await Promise.all([1, 2, 3].map(() => store.takeTokens(key, bucket, 1)))).toEqual([0, 0, 0]);
    const wait = await store.takeTokens(key, bucket, 1);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(250);
    expect(await store.takeTokens(key, bucket, 1)).toBeLessThanOrEqual(wait);
    await under.pass(wait + 5);
    expect(await store.takeTokens(key, bucket, 1)).toBe(0);
    expect(await store.takeTokens(key, bucket, 1)).toBeGreaterThan(0);
    await under.pass(1_000);
    expect(await Promise.all([1, 2, 3].map(() => store.takeTokens(key, bucket, 1)))).toEqual([0, 0, 0]);
    expect(await store.takeTokens(key, bucket, 1)).toBeGreaterThan(0);
  });

  test('a slow bucket (one token in six minutes) counts exactly', async () => {
    const key = newKey();
    const bucket = { perSecond: 0.003, burst: 1 };
    expect(await store.takeTokens(key, bucket, 1)).toBe(0);
    const wait = await store.takeTokens(key, bucket, 1);
    expect(wait).toBeGreaterThan(330_000);
    expect(wait).toBeLessThanOrEqual(333_334);
  });

  test('a token that is put back can be taken again, and a bucket never holds more than its burst', async () => {
    const key = newKey();
    const bucket = { perSecond: 0.003, burst: 2 };
    await store.returnTokens(key, bucket, 1);
    expect(await Promise.all([1, 2].map(() => store.takeTokens(key, bucket, 1)))).toEqual([0, 0]);
    expect(await store.takeTokens(key, bucket, 1)).toBeGreaterThan(0);
    await store.returnTokens(key, bucket, 1);
    expect(await store.takeTokens(key, bucket, 1)).toBe(0);
    for (let count = 0; count < 5; count++) await store.returnTokens(key, bucket, 1);
    expect(await Promise.all([1, 2].map(() => store.takeTokens(key, bucket, 1)))).toEqual([0, 0]);
    expect(await store.takeTokens(key, bucket, 1)).toBeGreaterThan(0);
  });

  test('many tokens at once are taken or none, more than the burst from a full bucket alone, which then fills for longer', async () => {
    const key = newKey();
    const bucket = { perSecond: 0.01, burst: 10 };
    expect(await store.takeTokens(key, bucket, 4)).toBe(0);
    expect(await store.takeTokens(key, bucket, 7)).toBeGreaterThan(99_000);
    expect(await store.takeTokens(key, bucket, 200)).toBeGreaterThan(399_000);
    await store.returnTokens(key, bucket, 4);
    expect(await store.takeTokens(key, bucket, 200)).toBe(0);
    expect(await store.takeTokens(key, bucket, 1)).toBeGreaterThan(19_000_000);
    await store.returnTokens(key, bucket, 195);
    expect(await store.takeTokens(key, bucket, 5)).toBe(0);
  });

  test('values, sets and buckets of one key are strangers', async () => {
    const key = newKey();
    await store.set(key, 'value', LONG);
    await store.addMember(key, 'member', LONG);
    await store.takeTokens(key, { perSecond: 1, burst: 1 }, 1);
    await store.delete(key);
    expect((await store.members(key)).members).toEqual(['member']);
    expect(await store.takeTokens(key, { perSecond: 1, burst: 1 }, 1)).toBeGreaterThan(0);
  });

  test('is ready', async () => {
    expect(await store.problem()).toBeUndefined();
  });
}
