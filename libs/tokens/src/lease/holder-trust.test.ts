import { describe, expect, it } from 'vitest';
import { HolderTrust } from './holder-trust.ts';

describe('what a holder may believe', () => {
  it('nothing before its first announcement came through', () => {
    expect(new HolderTrust().at(0)).toBe('lost');
  });

  it('everything while the message server and all userapis it knows answer', () => {
    const trust = announced(0, ['a', 'b']);
    expect(trust.at(1999)).toBe('held');
  });

  it('nothing two seconds after the last announcement that came through was sent', () => {
    expect(announced(0, ['a']).at(2000)).toBe('lost');
  });

  it('only what a userapi confirms while one that it knows is silent', () => {
    const trust = announced(0, ['a', 'b']);
    for (let now = 1000; now < 10_000; now += 1000) {
      trust.reachedNats(now);
      trust.answeredBy('a', now);
    }
    expect(trust.at(2500)).toBe('asking');
    expect(trust.at(9500)).toBe('asking');
    expect(trust.at(10_000)).toBe('held');
  });

  it('only what a userapi confirms while none is known', () => {
    expect(announced(0, []).at(1)).toBe('asking');
  });

  it('everything at once after a silent userapi had said goodbye', () => {
    const trust = announced(0, ['a', 'b']);
    trust.left('b');
    trust.reachedNats(3000);
    trust.answeredBy('a', 3000);
    expect(trust.at(3001)).toBe('held');
  });

  it('an answer to an old announcement does not extend it', () => {
    const trust = announced(5000, ['a']);
    trust.reachedNats(1000);
    trust.answeredBy('a', 1000);
    expect(trust.at(6500)).toBe('held');
    expect(trust.at(7000)).toBe('lost');
  });
});

function announced(at: number, replicas: string[]): HolderTrust {
  const trust = new HolderTrust();
  trust.reachedNats(at);
  for (const replica of replicas) trust.answeredBy(replica, at);
  return trust;
}
