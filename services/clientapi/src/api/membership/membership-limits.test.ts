import { errors } from '@plexus/http';
import { isDeviceId, isUserId } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { withinLimits } from './membership-limits.ts';

/** A limiter that counts what is taken; `full` has nothing left. */
function counting(full?: string) {
  const taken = new Map<string, number>();
  const add = (key: string, count: number) => taken.set(key, (taken.get(key) ?? 0) + count);
  const limiter = {
    take: async (rateClass: string, subject: string, count = 1) => {
      if (subject === full) throw errors.limitExceeded(1000);
      add(`${rateClass} ${subject}`, count);
    },
    giveBack: async (rateClass: string, subject: string, count = 1) => void add(`${rateClass} ${subject}`, -count),
  };
  return { limiter, counts: () => Object.fromEntries([...taken].filter(([, count]) => count !== 0)) };
}

const [userId, deviceId] = ['@alice:s', 'DEVICE'];
if (!isUserId(userId) || !isDeviceId(deviceId)) throw new Error('names of the test');
const requester = { kind: 'user', userId, deviceId, admin: false, sessionNid: 1 } as const;
const request = { requester };
const changes = { invited: ['@a:s', '@b:s'], entered: 1 };

describe('limits count what was done', () => {
  it('each item, of its sender and its receivers', async () => {
    const { limiter, counts } = counting();
    expect(await withinLimits({ limiter }, request, changes, async () => 'done')).toBe('done');
    expect(counts()).toEqual({
      'join @alice:s': 1,
      'invite @alice:s': 2,
      'inviteReceived @a:s': 1,
      'inviteReceived @b:s': 1,
    });
  });

  it('nothing of what was refused, by the room or by the limit of one receiver', async () => {
    const refused = counting();
    const forbidden = withinLimits(refused, request, changes, () => Promise.reject(errors.forbidden('no')));
    await expect(forbidden).rejects.toMatchObject({ status: 403 });
    expect(refused.counts()).toEqual({});
    const limited = counting('@b:s');
    const answer = withinLimits(limited, request, changes, async () => 'done');
    await expect(answer).rejects.toMatchObject({ status: 429 });
    expect(limited.counts()).toEqual({});
  });

  it('all of what may have been done', async () => {
    const { limiter, counts } = counting();
    const lost = withinLimits({ limiter }, request, { entered: 1 }, () => Promise.reject(new Error('no answer')));
    await expect(lost).rejects.toThrow('no answer');
    expect(counts()).toEqual({ 'join @alice:s': 1 });
  });
});
