import { describe, expect, it } from 'vitest';
import { fetchDelegation, type WellKnownAnswer } from './well-known.ts';

const now = Date.UTC(2026, 0, 1);
const minute = 60_000;
const hour = 60 * minute;
const start = 'https://a.org/.well-known/matrix/server';
const delegates = { status: 200, body: '{"m.server":"b.org"}' };

function answer(changes: Partial<WellKnownAnswer>): WellKnownAnswer {
  return { status: 404, location: undefined, cacheControl: undefined, expires: undefined, body: '', ...changes };
}

async function delegation(pages: Readonly<Record<string, Partial<WellKnownAnswer>>>) {
  const asked: string[] = [];
  const found = await fetchDelegation(
    'a.org',
    async (url) => {
      asked.push(url);
      const page = pages[url];
      if (page === undefined) throw new Error('no answer');
      return answer(page);
    },
    now,
  );
  return { ...found, asked };
}

describe('the delegation of a host', () => {
  it.each([301, 302, 303, 307, 308])('is found behind a redirect with status %d', async (status) => {
    const location = 'https://www.a.org/matrix';
    const { server } = await delegation({ [start]: { status, location }, [location]: delegates });
    expect(server).toBe('b.org');
  });

  it('is found behind a redirect to a relative address', async () => {
    const { server } = await delegation({ [start]: { status: 301, location: '/m' }, 'https://a.org/m': delegates });
    expect(server).toBe('b.org');
  });

  it('is not looked for beyond https, and not in a circle', async () => {
    const plain = await delegation({ [start]: { status: 301, location: 'http://a.org/m' } });
    expect([plain.server, plain.asked]).toEqual([undefined, [start]]);
    const circle = await delegation({ [start]: { status: 301, location: start } });
    expect([circle.server, circle.asked.length]).toEqual([undefined, 6]);
  });

  it.each<[string, Partial<WellKnownAnswer>, number]>([
    ['a day, when the answer does not say how long', {}, 24 * hour],
    ['as long as max-age says', { cacheControl: 'public, max-age=7200' }, 2 * hour],
    ['five minutes at least', { cacheControl: 'max-age=0' }, 5 * minute],
    ['two days at most', { cacheControl: 'max-age=9999999' }, 48 * hour],
    ['briefly, when it is not to be stored', { cacheControl: 'no-store' }, 5 * minute],
    ['until it expires', { expires: new Date(now + 3 * hour).toUTCString() }, 3 * hour],
    [
      'as max-age says rather than Expires',
      { cacheControl: 'Max-Age=600', expires: new Date(now + 3 * hour).toUTCString() },
      10 * minute,
    ],
  ])('is kept %s', async (_, headers, ttlMs) => {
    expect(await delegation({ [start]: { ...delegates, ...headers } })).toMatchObject({ server: 'b.org', ttlMs });
  });

  it.each<[string, Readonly<Record<string, Partial<WellKnownAnswer>>>]>([
    ['no answer', {}],
    ['an error', { [start]: { status: 500, body: delegates.body } }],
    ['no JSON', { [start]: { status: 200, body: '<html>' } }],
    ['another type', { [start]: { status: 200, body: '{"m.server":1}' } }],
    ['too long an answer', { [start]: { status: 200, body: undefined } }],
  ])('is none for an hour after %s', async (_, pages) => {
    expect(await delegation(pages)).toMatchObject({ server: undefined, ttlMs: hour });
  });
});
