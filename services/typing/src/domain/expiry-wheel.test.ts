import { describe, expect, it } from 'vitest';
import { ExpiryWheel, SLOT_MS } from './expiry-wheel.ts';

describe('the expiry wheel', () => {
  it('gives a key when it is due, never before, at most a slot later', () => {
    const wheel = new ExpiryWheel();
    wheel.add('a', 1010);
    expect([...wheel.turn(1009)]).toEqual([]);
    expect([...wheel.turn(1010 + SLOT_MS)]).toEqual(['a']);
    expect(wheel.isEmpty).toBe(true);
  });

  it('gives a key once for several times that have passed, and again for later ones', () => {
    const wheel = new ExpiryWheel();
    for (const dueAt of [100, 200, 5000]) wheel.add('a', dueAt);
    expect([...wheel.turn(1000)]).toEqual(['a']);
    expect(wheel.isEmpty).toBe(false);
    expect([...wheel.turn(6000)]).toEqual(['a']);
  });

  it('gives at its next turn what was due before it was added', () => {
    const wheel = new ExpiryWheel();
    wheel.turn(1000);
    wheel.add('late', 10);
    expect([...wheel.turn(1000)]).toEqual([]);
    expect([...wheel.turn(1000 + SLOT_MS)]).toEqual(['late']);
  });
});
