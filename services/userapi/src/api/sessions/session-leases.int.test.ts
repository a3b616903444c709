import type { UserapiService } from '@plexus/contracts/userapi';
import { systemClock, systemRandom } from '@plexus/observability';
import { RpcError } from '@plexus/rpc';
import { connectStreams, type StreamConnection } from '@plexus/streams';
import {
  connected,
  eventually,
  type TestDatabase,
  type TestNats,
  testDatabase,
  testNats,
  testObservability,
} from '@plexus/testkit';
import { hashToken, SessionCache } from '@plexus/tokens';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errcodeOf, type RunningUserapi, registered, startUserapi } from '../../testing/start-userapi.ts';

/** A whole lease, and the time a message may take. */
const LEASE_MS = 3500;

let database: TestDatabase;
let nats: TestNats;
let ends: (() => unknown)[] = [];
let users = 0;

beforeAll(async () => {
  [database, nats] = await Promise.all([testDatabase(['userapi']), testNats()]);
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

afterAll(async () => {
  await Promise.all([database.drop(), nats.stop()]);
});

describe('a token that is held', () => {
  it('costs no call, and answers at once', async () => {
    const { cache, token, calls } = await warmCache();
    const before = calls();
    for (let i = 0; i < 1000; i++) expect(cache.authenticate(token, {})).toMatchObject({ kind: 'user' });
    expect(calls()).toBe(before);
  });

  it('is asked for once by however many requests at once', async () => {
    const { api } = await userapiAlone();
    const { accessToken } = await newSession(api);
    const { cache, calls } = await startHolder(api);
    await Promise.all(Array.from({ length: 100 }, async () => cache.authenticate(accessToken, {})));
    expect(calls()).toBe(1);
  });
});

describe('a logout', () => {
  it('is effective in every process when it has answered, whatever is under way', async () => {
    const { api } = await userapiAlone();
    const holders = await Promise.all([startHolder(api), startHolder(api), startHolder(api)]);
    await Promise.all(holders.map((holder) => isHeld(holder.cache, api)));
    for (let round = 0; round < 30; round++) {
      const { userId, deviceId, accessToken } = await newSession(api);
      let running = true;
      const load = holders.map(async ({ cache }) => {
        while (running) {
          await cache.authenticate(accessToken, {});
          await new Promise(setImmediate);
        }
      });
      await new Promise((resolve) => setTimeout(resolve, round % 5));
      await api.endSessions({ userId, which: { $case: 'deviceId', value: deviceId } });
      for (const { cache } of holders) expect(await errcode(cache, accessToken)).toBe('M_UNKNOWN_TOKEN');
      running = false;
      await Promise.all(load);
    }
  });

  it('takes no longer than a few round trips when all processes answer', async () => {
    const { api } = await userapiAlone();
    await eventually('a userapi that knows all holders', () => isQuick(api), 6000);
    const { cache } = await startHolder(api);
    await isHeld(cache, api);
    expect(await isQuick(api)).toBe(true);
  });

  it('at one userapi is effective where another one was asked', async () => {
    const [first, second] = await Promise.all([userapiAlone(), userapiAlone()]);
    const { cache } = await startHolder(first.api);
    await isHeld(cache, first.api);
    const session = await newSession(first.api);
    expect(await cache.authenticate(session.accessToken, {})).toMatchObject({ userId: session.userId });
    await second.api.endSessions({ userId: session.userId, which: { $case: 'all', value: true } });
    expect(await errcode(cache, session.accessToken)).toBe('M_UNKNOWN_TOKEN');
  });

  it('by a userapi that has just started waits out the leases it cannot know', async () => {
    const { api } = await userapiAlone();
    const { cache } = await startHolder(api);
    await isHeld(cache, api);
    const session = await newSession(api);
    await cache.authenticate(session.accessToken, {});
    const late = await userapiAlone();
    await late.api.endSessions({ userId: session.userId, which: { $case: 'all', value: true } });
    expect(await errcode(cache, session.accessToken)).toBe('M_UNKNOWN_TOKEN');
  });

  it('leaves the other devices of the user signed in', async () => {
    const { api } = await userapiAlone();
    const { cache } = await startHolder(api);
    const session = await newSession(api);
    const other = await api.createSession({ userId: session.userId, deviceId: 'OTHER' });
    const otherToken = other.result?.$case === 'session' ? other.result.value.accessToken : '';
    await isHeld(cache, api);
    await cache.authenticate(otherToken, {});
    await api.endSessions({ userId: session.userId, which: { $case: 'allExceptDeviceId', value: 'OTHER' } });
    expect(await errcode(cache, session.accessToken)).toBe('M_UNKNOWN_TOKEN');
    expect(await cache.authenticate(otherToken, {})).toMatchObject({ deviceId: 'OTHER' });
  });
});

describe('when parts are cut off', () => {
  it('a holder without NATS believes nothing that it holds, once the logout has answered', async () => {
    const { api } = await userapiAlone();
    const holder = await startHolder(api);
    const session = await newSession(api);
    await isHeld(holder.cache, api);
    await holder.cache.authenticate(session.accessToken, {});
    await holder.connection.close();
    const start = performance.now();
    await api.endSessions({ userId: session.userId, which: { $case: 'all', value: true } });
    expect(performance.now() - start).toBeLessThan(LEASE_MS);
    expect(await errcode(holder.cache, session.accessToken)).toBe('M_UNKNOWN_TOKEN');
  });

  it('a userapi without NATS ends sessions all the same', async () => {
    const alone = await userapiAlone();
    const holder = await startHolder(alone.api);
    const session = await newSession(alone.api);
    await isHeld(holder.cache, alone.api);
    await holder.cache.authenticate(session.accessToken, {});
    await alone.connection.close();
    await alone.api.endSessions({ userId: session.userId, which: { $case: 'all', value: true } });
    expect(await errcode(holder.cache, session.accessToken)).toBe('M_UNKNOWN_TOKEN');
  });

  it('NATS killed: tokens are asked about, logouts answer within a lease, and all is warm again afterwards', async () => {
    const { api } = await userapiAlone();
    const { cache, calls } = await startHolder(api);
    await isHeld(cache, api);
    const session = await newSession(api);
    const staying = await newSession(api);
    await cache.authenticate(session.accessToken, {});
    await nats.kill();
    try {
      const start = performance.now();
      await api.endSessions({ userId: session.userId, which: { $case: 'all', value: true } });
      expect(performance.now() - start).toBeLessThan(LEASE_MS);
      expect(await errcode(cache, session.accessToken)).toBe('M_UNKNOWN_TOKEN');
      expect(await cache.authenticate(staying.accessToken, {})).toMatchObject({ userId: staying.userId });
      const before = calls();
      await cache.authenticate(staying.accessToken, {});
      expect(calls()).toBe(before + 1);
    } finally {
      await nats.start();
    }
    await eventually('held again', async () => isHeldNow(cache, staying.accessToken), 15_000);
  });

  it('no userapi: those who are signed in go on, those who are not known are not refused but told to wait', async () => {
    const { api, stop } = await userapiAlone();
    let isDown = false;
    const holder = await startHolder({
      ...api,
      introspect: async (request) => {
        if (isDown) throw new RpcError('UNAVAILABLE', 'nobody there');
        return api.introspect(request);
      },
    });
    const session = await newSession(api);
    await isHeld(holder.cache, api);
    await holder.cache.authenticate(session.accessToken, {});
    isDown = true;
    await stop();
    expect(await holder.cache.authenticate(session.accessToken, {})).toMatchObject({ userId: session.userId });
    await expect(async () => holder.cache.authenticate('plx_other', {})).rejects.toThrow(RpcError);
  });
});

describe('tokens of application services', () => {
  const bridge = {
    id: 'irc',
    asTokenHash: hashToken('as-token'),
    senderLocalpart: 'ircbot',
    rateLimited: true,
    users: [{ regex: '@irc_.*:example\\.org', exclusive: true }],
    aliases: [],
    rooms: [],
    protocols: [],
  };

  it('act as their sender, or as the existing users of their namespaces and those users’ devices', async () => {
    const { api } = await userapiAlone([bridge]);
    const plain = { admin: false, inhibitLogin: true, appserviceId: 'irc' };
    await api.register({ ...plain, localpart: 'irc_bob', inhibitLogin: false, deviceId: 'BOT' });
    await api.register({ ...plain, appserviceId: undefined, localpart: 'alice', password: 'correct horse' });
    const { cache, calls } = await startHolder(api);
    const as = (masquerade: Parameters<SessionCache['authenticate']>[1]) => cache.authenticate('as-token', masquerade);
    expect(await as({})).toMatchObject({ kind: 'appservice', appserviceId: 'irc', userId: '@ircbot:example.org' });
    await isHeld(cache, api);
    expect(await as({ userId: '@irc_bob:example.org' })).toMatchObject({ userId: '@irc_bob:example.org' });
    expect(await as({ userId: '@irc_bob:example.org', deviceId: 'BOT' })).toMatchObject({ deviceId: 'BOT' });
    const before = calls();
    expect(as({ userId: '@irc_bob:example.org', deviceId: 'BOT' })).toMatchObject({ deviceId: 'BOT' });
    expect(calls()).toBe(before);
    expect(await refusal(as({ userId: '@irc_bob:example.org', deviceId: 'NO' }))).toBe('M_UNKNOWN_DEVICE');
    expect(await refusal(as({ userId: '@irc_missing:example.org' }))).toBe('M_FORBIDDEN');
    expect(await refusal(as({ userId: '@alice:example.org' }))).toBe('M_FORBIDDEN');
    expect(await refusal(as({ userId: 'junk' }))).toBe('M_INVALID_PARAM');
    await api.deactivateAccount({ userId: '@irc_bob:example.org', erase: false });
    expect(await refusal(as({ userId: '@irc_bob:example.org' }))).toBe('M_FORBIDDEN');
  });

  it('alone may act as others: a user’s token stays its user’s', async () => {
    const { api } = await userapiAlone([bridge]);
    const session = await newSession(api);
    const { cache } = await startHolder(api);
    const answer = await cache.authenticate(session.accessToken, { userId: '@irc_bob:example.org' });
    expect(answer).toMatchObject({ userId: session.userId });
  });
});

type Registrations = Parameters<typeof startUserapi>[2];

async function userapiAlone(registrations?: Registrations): Promise<RunningUserapi & { connection: StreamConnection }> {
  const connection = await connect();
  const userapi = startUserapi(database.database, connection, registrations);
  ends.push(() => userapi.stop());
  return { ...userapi, connection };
}

async function startHolder(api: UserapiService) {
  const connection = await connect();
  let calls = 0;
  const userapi = {
    introspect: (request: Parameters<UserapiService['introspect']>[0]) => {
      calls++;
      return api.introspect(request);
    },
    checkMasquerade: (request: Parameters<UserapiService['checkMasquerade']>[0]) => {
      calls++;
      return api.checkMasquerade(request);
    },
  };
  const observability = testObservability();
  const cache = new SessionCache({
    userapi,
    streams: connection,
    clock: systemClock,
    random: systemRandom,
    observability,
  });
  ends.push(() => cache.stop());
  return { cache, connection, calls: () => calls };
}

async function connect(): Promise<StreamConnection> {
  const connection = connectStreams({ servers: [nats.url], observability: testObservability() });
  ends.push(() => connection.close());
  await connected(connection);
  return connection;
}

async function warmCache() {
  const { api } = await userapiAlone();
  const { accessToken } = await newSession(api);
  const { cache, calls } = await startHolder(api);
  await eventually('held', () => isHeldNow(cache, accessToken));
  return { cache, calls, token: accessToken };
}

function newSession(api: UserapiService) {
  users++;
  return registered(api, `user${users}`, 'DEVICE');
}

/** Resolves when this cache answers for a token without asking. */
async function isHeld(cache: SessionCache, api: UserapiService): Promise<void> {
  const { accessToken } = await newSession(api);
  await eventually('sessions are held', () => isHeldNow(cache, accessToken));
}

async function isHeldNow(cache: SessionCache, token: string): Promise<boolean> {
  const answer = cache.authenticate(token, {});
  if (!(answer instanceof Promise)) return answer.kind === 'user';
  await answer;
  return false;
}

async function isQuick(api: UserapiService): Promise<boolean> {
  const { userId } = await newSession(api);
  const start = performance.now();
  await api.endSessions({ userId, which: { $case: 'all', value: true } });
  return performance.now() - start < 500;
}

async function errcode(cache: SessionCache, token: string): Promise<string | undefined> {
  return refusal(cache.authenticate(token, {}));
}

async function refusal(answer: ReturnType<SessionCache['authenticate']>): Promise<string | undefined> {
  const result = await answer;
  return result.kind === 'refused' ? errcodeOf(result) : undefined;
}
