import { describe, expect, it } from 'vitest';
import { BoundedWork, TooMuchWork } from './bounded-work.ts';

function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let begun = false;
  const work = () => {
    begun = true;
    return promise;
  };
  return { work, resolve, reject, hasBegun: () => begun };
}

describe('bounded work', () => {
  it('begins in order, so many at a time, and refuses what would wait behind too many', async () => {
    const bounded = new BoundedWork({ maxRunning: 1, maxWaiting: 1 });
    const [first, second, third] = [held(), held(), held()];
    const one = bounded.run(first.work);
    const two = bounded.run(second.work);
    await expect(bounded.run(third.work)).rejects.toThrow(TooMuchWork);
    expect([first.hasBegun(), second.hasBegun(), third.hasBegun(), bounded.waiting]).toEqual([true, false, false, 1]);
    first.resolve('one');
    expect(await one).toBe('one');
    second.resolve('two');
    expect(await two).toBe('two');
    expect(bounded.waiting).toBe(0);
  });

  it('gives the place on when work fails', async () => {
    const bounded = new BoundedWork({ maxRunning: 1, maxWaiting: 1 });
    const [first, second] = [held(), held()];
    const one = bounded.run(first.work);
    const two = bounded.run(second.work);
    first.reject(new Error('broken'));
    second.resolve('two');
    await expect(one).rejects.toThrow('broken');
    expect(await two).toBe('two');
    expect(await bounded.run(() => Promise.resolve('three'))).toBe('three');
  });
});
