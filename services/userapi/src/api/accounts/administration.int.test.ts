import { sql } from '@plexus/postgres';
import { type TestDatabase, type TestStreams, testDatabase, testStreams } from '@plexus/testkit';
import { hashToken } from '@plexus/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_PUSHERS } from '../../domain/limits.ts';
import { errcodeOf, password, type RunningUserapi, registered, startUserapi } from '../../testing/start-userapi.ts';

const plain = { admin: false, inhibitLogin: false };

let database: TestDatabase;
let streams: TestStreams;
let userapi: RunningUserapi;

beforeAll(async () => {
  [database, streams] = await Promise.all([testDatabase(['userapi']), testStreams()]);
  userapi = startUserapi(database.database, streams.connection);
});

afterAll(async () => {
  await userapi.stop();
  await Promise.all([database.drop(), streams.close()]);
});

describe('deactivation', () => {
  it('ends every session and leaves no way in, nor the name to others', async () => {
    const { api } = userapi;
    const { userId, accessToken } = await registered(api, 'leaver');
    expect(errcodeOf(await api.deactivateAccount({ userId, erase: false }))).toBeUndefined();
    const { tokens } = await api.introspect({ tokenHashes: [hashToken(accessToken)] });
    expect(tokens[0]?.result?.$case).toBe('unknown');
    expect(errcodeOf(await api.loginPassword({ user: 'leaver', password }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(await api.createSession({ userId }))).toBe('M_USER_DEACTIVATED');
    expect(errcodeOf(await api.setPassword({ userId, newPassword: password }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(await api.checkMasquerade({ userId }))).toBe('M_FORBIDDEN');
    expect(errcodeOf(await api.register({ ...plain, localpart: 'leaver', password }))).toBe('M_USER_IN_USE');
    expect(errcodeOf(await api.deactivateAccount({ userId: '@never:example.org', erase: false }))).toBe('M_FORBIDDEN');
  });

  it('takes everything of the user along but the profile, and that too when it erases', async () => {
    const { api } = userapi;
    for (const erase of [false, true]) {
      const localpart = `everything${erase}`;
      const { userId } = await registered(api, localpart, 'PHONE');
      await api.setAccountData({ userId, type: 'm.direct', content: '{}' });
      const data = { data: '{"url":"https://push.example.org"}', kind: 'http', lang: 'en' };
      for (const deviceId of ['PHONE', undefined]) {
        const names = { appDisplayName: 'App', deviceDisplayName: 'Phone' };
        const pusher = { appId: 'app', pushkey: `key ${deviceId}`, ...names, ...data };
        expect(errcodeOf(await api.setPusher({ userId, deviceId, pusher, append: false }))).toBeUndefined();
      }
      expect((await api.getPushers({ userId })).pushers).toHaveLength(2);
      await database.database.query(
        sql(
          'test_threepid',
          `INSERT INTO userapi.threepids SELECT 'email', $2, nid, 1, 2 FROM userapi.accounts WHERE localpart = $1`,
        ),
        [localpart, `${localpart}@example.org`],
      );
      expect((await api.getThirdPartyIdentifiers({ userId })).identifiers).toEqual([
        { medium: 'email', address: `${localpart}@example.org`, validatedTs: 1, addedTs: 2 },
      ]);
      await api.deactivateAccount({ userId, erase });
      const left = await database.database.query<{ rows: number }>(
        sql(
          'test_left',
          `SELECT count(*) AS rows FROM (SELECT account_nid FROM userapi.devices UNION ALL SELECT account_nid FROM userapi.sessions
             UNION ALL SELECT account_nid FROM userapi.pushers UNION ALL SELECT account_nid FROM userapi.threepids
             UNION ALL SELECT account_nid FROM userapi.account_data) AS data JOIN userapi.accounts ON nid = account_nid
           WHERE localpart = $1`,
        ),
        [localpart],
      );
      expect(left).toEqual([{ rows: 0 }]);
      const { profiles } = await api.getProfiles({ userIds: [userId] });
      expect(profiles[0]).toEqual({ userId, exists: !erase, fields: erase ? {} : { displayname: `"${localpart}"` } });
    }
  });

  it('beside logins leaves none of their sessions', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'racer');
    const logins = Array.from({ length: 8 }, () => api.loginPassword({ user: 'racer', password }));
    await api.deactivateAccount({ userId, erase: false });
    for (const login of await Promise.all(logins)) {
      if (login.result?.$case !== 'session') continue;
      const tokenHashes = [hashToken(login.result.value.accessToken)];
      expect((await api.introspect({ tokenHashes })).tokens[0]?.result?.$case).toBe('unknown');
    }
    expect((await api.getDevices({ userIds: [userId] })).users[0]?.devices).toEqual([]);
  });
});

describe('administration', () => {
  it('lists accounts page by page, with what an operator wants to know of them', async () => {
    const { api } = userapi;
    for (const name of ['list_c', 'list_a', 'list_b']) await registered(api, name, 'D');
    const gone = await registered(api, 'list_d');
    await api.deactivateAccount({ userId: gone.userId, erase: false });
    const page = async (after: string, more: object = {}) =>
      (
        await api.listAccounts({ userIds: [], after, limit: 2, withDeactivated: false, withAppservice: false, ...more })
      ).accounts.map(({ userId }) => userId);
    expect(await page('list_')).toEqual(['@list_a:example.org', '@list_b:example.org']);
    expect((await page('list_b'))[0]).toBe('@list_c:example.org');
    expect((await page('list_c', { withDeactivated: true }))[0]).toBe('@list_d:example.org');
    const everybody = { after: '', limit: 0, withDeactivated: true, withAppservice: true };
    const { accounts } = await api.listAccounts({
      ...everybody,
      userIds: ['@list_a:example.org', '@nobody:example.org'],
    });
    expect(accounts).toMatchObject([{ admin: false, devices: 1, displayName: '"list_a"', deactivatedTs: undefined }]);
  });

  it('promotes and demotes, for sessions that are open too', async () => {
    const { api } = userapi;
    const { userId, accessToken } = await registered(api, 'promoted');
    const isAdmin = async () => {
      const { tokens } = await api.introspect({ tokenHashes: [hashToken(accessToken)] });
      return tokens[0]?.result?.$case === 'user' && tokens[0].result.value.admin;
    };
    expect(errcodeOf(await api.setAdministrator({ userId, admin: true, actor: 'console' }))).toBeUndefined();
    expect(await isAdmin()).toBe(true);
    await api.setAdministrator({ userId, admin: false });
    expect(await isAdmin()).toBe(false);
    const nobody = { userId: '@nobody:example.org', admin: true };
    expect(errcodeOf(await api.setAdministrator(nobody))).toBe('M_FORBIDDEN');
  });

  it('lists registration tokens and revokes them', async () => {
    const { api } = userapi;
    await api.createRegistrationToken({ token: 'listed', usesAllowed: 2, expiryTs: 9e12, actor: 'console' });
    await api.register({ ...plain, localpart: 'byToken', password, registrationToken: 'listed' });
    const listed = async () => (await api.listRegistrationTokens({})).tokens.find(({ token }) => token === 'listed');
    expect(await listed()).toEqual({ token: 'listed', usesAllowed: 2, uses: 1, expiryTs: 9e12 });
    expect(await api.revokeRegistrationToken({ token: 'listed' })).toEqual({ revoked: true });
    expect(await api.revokeRegistrationToken({ token: 'listed' })).toEqual({ revoked: false });
    expect(await listed()).toBeUndefined();
    expect(await api.checkRegistrationToken({ token: 'listed' })).toEqual({ valid: false });
  });

  it('leaves a line in the log for what an administrator does, and none with a secret', async () => {
    const { api, observability } = userapi;
    const actor = '@root:example.org';
    const made = { ...plain, localpart: 'audited', password, inhibitLogin: true };
    await api.register({ ...made, actor });
    const userId = '@audited:example.org';
    await api.setPassword({ userId, newPassword: 'a new password', actor });
    await api.setAdministrator({ userId, admin: true, actor });
    await api.endSessions({ userId, which: { $case: 'all', value: true }, actor });
    await api.createRegistrationToken({ token: 'secret-token', actor });
    await api.revokeRegistrationToken({ token: 'secret-token', actor });
    await api.deactivateAccount({ userId, erase: false, actor });
    await api.register({ ...made, localpart: 'unaudited' });
    const lines = observability.lines.filter((line) => line['message'] === 'audit' && line['user'] === actor);
    expect(lines.map((line) => [line['operation'], line['subject']])).toEqual([
      ['user.create', userId],
      ['user.set-password', userId],
      ['user.promote', userId],
      ['user.logout', userId],
      ['registration-token.create', 'secr…'],
      ['registration-token.revoke', 'secr…'],
      ['user.deactivate', userId],
    ]);
    expect(JSON.stringify(observability.lines)).not.toContain('password":');
    expect(JSON.stringify(observability.lines)).not.toContain('secret-token');
  });
});

describe('pushers', () => {
  const pusher = {
    appId: 'app',
    pushkey: 'shared',
    kind: 'http',
    appDisplayName: 'App',
    deviceDisplayName: 'Phone',
    lang: 'en',
    data: '{"url":"https://push.example.org/_matrix/push/v1/notify"}',
  };

  it('are stored, replaced, taken over by another user, and deleted', async () => {
    const { api } = userapi;
    const [one, two] = [await registered(api, 'push1', 'A'), await registered(api, 'push2', 'B')];
    const ofEach = async () =>
      Promise.all([one, two].map(async ({ userId }) => (await api.getPushers({ userId })).pushers));
    await api.setPusher({ userId: one.userId, deviceId: 'A', pusher, append: false });
    await api.setPusher({ userId: one.userId, deviceId: 'A', pusher: { ...pusher, lang: 'de' }, append: false });
    expect(await ofEach()).toEqual([[{ ...pusher, lang: 'de' }], []]);
    await api.setPusher({ userId: two.userId, deviceId: 'B', pusher, append: true });
    expect((await ofEach()).map((list) => list.length)).toEqual([1, 1]);
    await api.setPusher({ userId: two.userId, deviceId: 'B', pusher, append: false });
    expect((await ofEach()).map((list) => list.length)).toEqual([0, 1]);
    await api.deletePusher({ userId: two.userId, appId: 'app', pushkey: 'shared' });
    await api.deletePusher({ userId: two.userId, appId: 'app', pushkey: 'shared' });
    expect(await ofEach()).toEqual([[], []]);
  });

  it('go with their device, cannot be of one that is gone, and are bounded', async () => {
    const { api } = userapi;
    const { userId } = await registered(api, 'push3', 'A');
    const set = async (over: object, deviceId: string | undefined = 'A') =>
      errcodeOf(await api.setPusher({ userId, deviceId, pusher: { ...pusher, ...over }, append: true }));
    expect(await set({ pushkey: 'mine' })).toBeUndefined();
    expect(await set({ pushkey: 'other' }, 'GONE')).toBe('M_NOT_FOUND');
    expect(await set({ data: 'junk' })).toBe('M_INVALID_PARAM');
    expect(await set({ lang: 'a\0' })).toBe('M_INVALID_PARAM');
    for (let n = 1; n < MAX_PUSHERS; n++) expect(await set({ pushkey: `key ${n}` })).toBeUndefined();
    expect(await set({ pushkey: 'one more' })).toBe('M_LIMIT_EXCEEDED');
    expect(await set({ pushkey: 'mine' })).toBeUndefined();
    await api.endSessions({ userId, which: { $case: 'deviceId', value: 'A' } });
    expect((await api.getPushers({ userId })).pushers).toEqual([]);
  });
});
