import { describe, expect, test } from 'vitest';
import { type Application, applyEntries } from './apply-entries.ts';
import { ConsumerPositionMoved } from './log-tables.ts';

interface Entry {
  position: number;
  traceparent: string;
}

const entries = (first: number, last: number): Entry[] =>
  Array.from({ length: last - first + 1 }, (_, index) => ({ position: first + index, traceparent: '' }));

class RetryableError extends Error {
  readonly retryable = true;
}

/** A store in memory whose applying fails as the test says. */
class Store implements Application<Entry> {
  stored = 0;
  readonly applied: number[] = [];
  readonly parkedPositions: number[] = [];
  tries = 0;
  pauses = 0;
  stopping = false;
  fail: (entries: readonly Entry[]) => Error | undefined = () => undefined;
  outage = 0;

  async apply(batch: readonly Entry[]): Promise<void> {
    this.tries += 1;
    const error = this.fail(batch);
    if (error !== undefined) throw error;
    this.applied.push(...batch.map((entry) => entry.position));
    this.stored = batch.at(-1)?.position ?? this.stored;
  }
  async park(entry: Entry): Promise<void> {
    this.stored = entry.position;
  }
  async loadPosition(): Promise<number> {
    if (this.outage > 0) {
      this.outage -= 1;
      throw new Error('no storage');
    }
    return this.stored;
  }
  async pause(): Promise<void> {
    this.pauses += 1;
  }
  isStopping(): boolean {
    return this.stopping;
  }
  failed(): void {}
  parked(entry: Entry): void {
    this.parkedPositions.push(entry.position);
  }
  storageFailed(): void {}
}

describe('entries are applied', () => {
  test('together when nothing fails', async () => {
    const store = new Store();
    expect(await applyEntries(entries(1, 3), store)).toBe(3);
    expect(store.tries).toBe(1);
  });

  test('again after a failure that passes', async () => {
    const store = new Store();
    store.fail = () => (store.tries < 3 ? new Error('now and then') : undefined);
    expect(await applyEntries(entries(1, 3), store)).toBe(3);
    expect(store.applied).toEqual([1, 2, 3]);
    expect(store.parkedPositions).toEqual([]);
  });
});

describe('an entry that cannot be applied', () => {
  test('is parked after five tries of its batch, and the others go on one by one', async () => {
    const store = new Store();
    store.fail = (batch) => (batch.some((entry) => entry.position === 2) ? new Error('poison') : undefined);
    expect(await applyEntries(entries(1, 4), store)).toBe(4);
    expect(store.applied).toEqual([1, 3, 4]);
    expect(store.parkedPositions).toEqual([2]);
    // five of the batch, then one for each of the four
    expect(store.tries).toBe(9);
  });

  test('is parked after five tries when it is alone', async () => {
    const store = new Store();
    store.fail = () => new Error('poison');
    expect(await applyEntries(entries(1, 1), store)).toBe(1);
    expect(store.tries).toBe(5);
    expect(store.parkedPositions).toEqual([1]);
  });
});

describe('an outage parks nothing', () => {
  test('while the storage does not answer', async () => {
    const store = new Store();
    store.outage = 30;
    store.fail = () => (store.outage > 0 ? new Error('no storage') : undefined);
    expect(await applyEntries(entries(1, 1), store)).toBe(1);
    expect(store.parkedPositions).toEqual([]);
  });

  test('while the error says that it passes', async () => {
    const store = new Store();
    store.fail = () => (store.tries < 40 ? new RetryableError('read-only') : undefined);
    expect(await applyEntries(entries(1, 2), store)).toBe(2);
    expect(store.parkedPositions).toEqual([]);
  });
});

describe('the stored position decides', () => {
  test('a commit whose answer was lost is not repeated', async () => {
    const store = new Store();
    store.fail = (batch) => {
      if (store.tries > 1) return undefined;
      store.stored = batch.at(-1)?.position ?? 0;
      return new Error('connection lost');
    };
    expect(await applyEntries(entries(1, 3), store)).toBe(3);
    expect(store.tries).toBe(1);
  });

  test('what another process has applied is left out', async () => {
    const store = new Store();
    store.fail = () => {
      if (store.tries > 1) return undefined;
      store.stored = 2;
      return new ConsumerPositionMoved('moved');
    };
    expect(await applyEntries(entries(1, 4), store)).toBe(4);
    expect(store.applied).toEqual([3, 4]);
  });

  test('a position that went further than the batch is handed back', async () => {
    const store = new Store();
    store.fail = () => {
      store.stored = 9;
      return new ConsumerPositionMoved('moved');
    };
    expect(await applyEntries(entries(1, 4), store)).toBe(9);
  });
});

test('stopping ends the tries and tells how far it came', async () => {
  const store = new Store();
  store.fail = () => {
    store.stopping = true;
    return new Error('poison');
  };
  expect(await applyEntries(entries(1, 4), store)).toBe(0);
  expect(store.tries).toBe(1);
});
