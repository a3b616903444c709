import { memoryStore } from '@plexus/cache';
import { createObservability } from '@plexus/observability';
import { describe, expect, test } from 'vitest';
import { createRateLimiter, limitsOf } from './rate-limiter.ts';

const observability = createObservability({ service: 'test', level: 'error', destination: { write: () => undefined } });

function limiter() {
  let now = 1_000_000;
  const clock = { now: () => now, monotonic: () => now };
  const config = { rateLimits: { enabled: true, classes: { message: { perSecond: 2, burst: 3 } } } };
  const advance = (milliseconds: number) => {
    now += milliseconds;
  };
  return { limiter: createRateLimiter(memoryStore(clock), limitsOf(config), observability), advance, config };
}

const limited = expect.objectContaining({ status: 429, errcode: 'M_LIMIT_EXCEEDED' });

test('a burst passes, then as many as the rate allows, each subject for itself', async () => {
  const { limiter: limits, advance } = limiter();
  for (let i = 0; i < 3; i++) await limits.take('message', '@alice:example.org');
  await expect(limits.take('message', '@alice:example.org')).rejects.toEqual(limited);
  await limits.take('message', '@bob:example.org');
  advance(500);
  await limits.take('message', '@alice:example.org');
  await expect(limits.take('message', '@alice:example.org')).rejects.toEqual(limited);
});

test('classes do not share a bucket', async () => {
  const { limiter: limits } = limiter();
  for (let i = 0; i < 3; i++) await limits.take('message', 'x');
  await limits.take('join', 'x');
});

test('limits that are replaced hold from the next request on, and can be turned off', async () => {
  const { limiter: limits, config } = limiter();
  config.rateLimits = { enabled: true, classes: { message: { perSecond: 2, burst: 1 } } };
  await limits.take('message', 'x');
  await expect(limits.take('message', 'x')).rejects.toEqual(limited);
  config.rateLimits = { ...config.rateLimits, enabled: false };
  await limits.take('message', 'x');
});

test('what did not happen is not counted', async () => {
  const { limiter: limits } = limiter();
  for (let i = 0; i < 20; i++) {
    await limits.take('message', 'x');
    await limits.giveBack('message', 'x');
  }
  for (let i = 0; i < 3; i++) await limits.take('message', 'x');
  await expect(limits.take('message', 'x')).rejects.toEqual(limited);
});

describe('without the store', () => {
  const gone = {
    ...memoryStore({ now: () => 0, monotonic: () => 0 }),
    takeTokens: () => Promise.reject(new Error('gone')),
    returnTokens: () => Promise.reject(new Error('gone')),
  };
  const limits = createRateLimiter(gone, limitsOf({ rateLimits: { enabled: true, classes: {} } }), observability);

  test('messages and joins pass', async () => {
    await limits.take('message', 'x');
    await limits.take('join', 'x');
    await limits.giveBack('join', 'x');
  });

  test('guessing and mass registration do not', async () => {
    const closed = ['login', 'loginAccount', 'interactiveAuth', 'registration', 'registrationCheck'] as const;
    for (const rateClass of [...closed, 'thirdPartyIdentifier'] as const)
      await expect(limits.take(rateClass, 'x')).rejects.toEqual(limited);
  });
});
