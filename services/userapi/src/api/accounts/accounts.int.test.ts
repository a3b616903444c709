import type { Registration } from '@plexus/contracts/appservice';
import { type TestDatabase, type TestStreams, testDatabase, testStreams } from '@plexus/testkit';
import { hashToken } from '@plexus/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountOf,
  errcodeOf,
  password,
  type RunningUserapi,
  registered,
  sessionOf,
  startUserapi,
} from '../../testing/start-userapi.ts';

const bridge: Registration = {
  id: 'irc',
  asTokenHash: hashToken('as-token'),
  senderLocalpart: 'ircbot',
  rateLimited: false,
  users: [{ regex: '@irc_.*', exclusive: true }],
  aliases: [],
  rooms: [],
  protocols: [],
};
const plain = { admin: false, inhibitLogin: false };

let database: TestDatabase;
let streams: TestStreams;
let userapi: RunningUserapi;

beforeAll(async () => {
  [database, streams] = await Promise.all([testDatabase(['userapi']), testStreams()]);
  userapi = startUserapi(database.database, streams.connection, [bridge]);
});

afterAll(async () => {
  await userapi.stop();
  await Promise.all([database.drop(), streams.close()]);
});

describe('registration', () => {
  it('makes an account with a profile and a first session on a new device', async () => {
    const { api } = userapi;
    const session = await registered(api, 'alice');
    expect(session).toMatchObject({ userId: '@alice:example.org', deviceId: expect.stringMatching(/^[A-Z]{10}$/) });
    const { tokens } = await api.introspect({ tokenHashes: [hashToken(session.accessToken)] });
    expect(tokens[0]?.result).toMatchObject({ $case: 'user', value: { userId: '@alice:example.org', admin: false } });
    const { profiles } = await api.getProfiles({ userIds: ['@alice:example.org'] });
    expect(profiles).toEqual([{ userId: '@alice:example.org', exists: true, fields: { displayname: '"alice"' } }]);
  });

  it('makes a name when none is asked for, and no session when that is inhibited', async () => {
    const account = accountOf(await userapi.api.register({ admin: false, inhibitLogin: true, password }));
    expect(account.userId).toMatch(/^@[a-z2-7]{12}:example\.org$/);
    expect(account.session).toBeUndefined();
  });

  it('of many at once for one name succeeds once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => userapi.api.register({ ...plain, localpart: 'contested', password })),
    );
    expect(answers.filter(({ result }) => result?.$case === 'account')).toHaveLength(1);
    expect(answers.map(errcodeOf).filter((errcode) => errcode === 'M_USER_IN_USE')).toHaveLength(11);
  });

  it.each([
    ['Up per', password, 'M_INVALID_USERNAME'],
    ['sp ace', password, 'M_INVALID_USERNAME'],
    ['nul\0', password, 'M_INVALID_USERNAME'],
    ['irc_eve', password, 'M_EXCLUSIVE'],
    ['ircbot', password, 'M_EXCLUSIVE'],
    ['weak', 'short', 'M_WEAK_PASSWORD'],
    ['long', 'x'.repeat(5000), 'M_INVALID_PARAM'],
  ])('refuses %j', async (localpart, chosen, errcode) => {
    expect(errcodeOf(await userapi.api.register({ ...plain, localpart, password: chosen }))).toBe(errcode);
    const { profiles } = await userapi.api.getProfiles({ userIds: [`@${localpart}:example.org`] });
    expect(profiles[0]?.exists).toBe(false);
  });

  it('refuses a malformed device id', async () => {
    const answer = await userapi.api.register({ ...plain, localpart: 'device', password, deviceId: 'a\0b' });
    expect(errcodeOf(answer)).toBe('M_INVALID_PARAM');
  });

  it('by an application service is for its namespaces alone', async () => {
    const asBridge = { ...plain, appserviceId: 'irc' };
    expect(errcodeOf(await userapi.api.register({ ...asBridge, localpart: 'irc_bob' }))).toBeUndefined();
    expect(errcodeOf(await userapi.api.register({ ...asBridge, localpart: 'outside' }))).toBe('M_EXCLUSIVE');
  });

  it('says beforehand whether a name can be had', async () => {
    const { api } = userapi;
    await registered(api, 'taken');
    const check = async (localpart: string) => errcodeOf(await api.checkUsername({ localpart }));
    expect(await check('free')).toBeUndefined();
    expect(await check('taken')).toBe('M_USER_IN_USE');
    expect(await check('irc_x')).toBe('M_EXCLUSIVE');
    expect(await check('Free')).toBeUndefined();
    expect(await check('TAKEN')).toBe('M_USER_IN_USE');
    expect(await check('IRC_x')).toBe('M_EXCLUSIVE');
  });

  it('may be typed with capitals, as when signing in; what is no user name is M_INVALID_USERNAME', async () => {
    const { api } = userapi;
    expect((await registered(api, 'ChrisTine')).userId).toBe('@christine:example.org');
    const login = await api.loginPassword({ user: 'CHRISTINE', password });
    expect(login.result?.$case).toBe('session');
    for (const localpart of ['', 'a b', 'a:b', '@a', 'ä', 'ÄB', '\u212Aelvin', 'x'.repeat(256), 'a\0b']) {
      expect(errcodeOf(await api.checkUsername({ localpart }))).toBe('M_INVALID_USERNAME');
      const made = await api.register({ localpart, password, admin: false, inhibitLogin: true });
      expect(errcodeOf(made)).toBe('M_INVALID_USERNAME');
    }
  });
});

describe('registration tokens', () => {
  it('are used as often as they allow, by however many at once', async () => {
    const { api } = userapi;
    await api.createRegistrationToken({ token: 'three', usesAllowed: 3 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        api.register({ ...plain, localpart: `tokened${i}`, password, registrationToken: 'three' }),
      ),
    );
    expect(answers.filter(({ result }) => result?.$case === 'account')).toHaveLength(3);
    expect(await api.checkRegistrationToken({ token: 'three' })).toEqual({ valid: false });
  });

  it('are not used up by a registration that fails', async () => {
    const { api } = userapi;
    await registered(api, 'already');
    await api.createRegistrationToken({ token: 'once', usesAllowed: 1 });
    await api.register({ ...plain, localpart: 'already', password, registrationToken: 'once' });
    expect(await api.checkRegistrationToken({ token: 'once' })).toEqual({ valid: true });
  });

  it('end at their expiry', async () => {
    const { api } = userapi;
    await api.createRegistrationToken({ token: 'past', expiryTs: 1 });
    expect(await api.checkRegistrationToken({ token: 'past' })).toEqual({ valid: false });
    expect(errcodeOf(await api.register({ ...plain, password, registrationToken: 'past' }))).toBe('M_UNAUTHORIZED');
  });

  it('are refused when malformed, negative or there already', async () => {
    const { api } = userapi;
    expect(errcodeOf(await api.createRegistrationToken({ token: 'a b' }))).toBe('M_INVALID_PARAM');
    expect(errcodeOf(await api.createRegistrationToken({ token: 'neg', usesAllowed: -1 }))).toBe('M_INVALID_PARAM');
    await api.createRegistrationToken({ token: 'twice' });
    expect(errcodeOf(await api.createRegistrationToken({ token: 'twice' }))).toBe('M_INVALID_PARAM');
    expect(await api.checkRegistrationToken({ token: 'nul\0' })).toEqual({ valid: false });
  });
});

describe('passwords', () => {
  it('sign in by localpart or user id, in any case, and no other way', async () => {
    const { api } = userapi;
    await registered(api, 'carol');
    for (const user of ['carol', 'Carol', '@carol:example.org'])
      expect(sessionOf(await api.loginPassword({ user, password })).userId).toBe('@carol:example.org');
    for (const user of ['@carol:elsewhere.org', 'nobody', '', '@', 'nul\0'])
      expect(errcodeOf(await api.loginPassword({ user, password }))).toBe('M_FORBIDDEN');
    for (const wrong of ['', 'wrong horse', 'x'.repeat(100_000)])
      expect(errcodeOf(await api.loginPassword({ user: 'carol', password: wrong }))).toBe('M_FORBIDDEN');
  });

  it('change, and the old one is refused', async () => {
    const { api } = userapi;
    await registered(api, 'changer');
    const userId = '@changer:example.org';
    expect(errcodeOf(await api.setPassword({ userId, newPassword: 'tiny' }))).toBe('M_WEAK_PASSWORD');
    expect(errcodeOf(await api.setPassword({ userId, newPassword: 'battery staple' }))).toBeUndefined();
    expect(errcodeOf(await api.verifyPassword({ userId, password }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(await api.verifyPassword({ userId, password: 'battery staple' }))).toBeUndefined();
  });

  it('are not there for users of application services, who cannot sign in with an empty one', async () => {
    const { api } = userapi;
    await api.register({ ...plain, localpart: 'irc_ghost', appserviceId: 'irc', inhibitLogin: true });
    expect(errcodeOf(await api.loginPassword({ user: 'irc_ghost', password: '' }))).toBe('M_FORBIDDEN');
    expect(sessionOf(await api.createSession({ userId: '@irc_ghost:example.org' })).userId).toBe(
      '@irc_ghost:example.org',
    );
  });
});
