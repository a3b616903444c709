import { type EphemeralStore, memoryStore } from '@plexus/cache';
import { systemClock } from '@plexus/observability';
import { testEphemeral } from '@plexus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { password } from './testing/recorded-clients.ts';
import { type Answer, type StartedEdge, startEdge } from './testing/started-edge.ts';

const v3 = '/_matrix/client/v3';
const stranger = '203.0.113.66';
const limited = { status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } };

let redis: EphemeralStore;
let edge: StartedEdge;
let addresses = 0;

beforeAll(async () => {
  redis = await testEphemeral();
});
afterEach(() => edge.stop());
afterAll(() => redis.close());

const newAddress = () => `198.51.100.${++addresses}`;

const login = (text: string, from: string, user = 'alice'): Promise<Answer> =>
  edge.call('POST', `${v3}/login`, { type: 'm.login.password', user, password: text }, undefined, from);

const register = (body: object, from: string): Promise<Answer> =>
  edge.call('POST', `${v3}/register`, body, undefined, from);

async function signUp(from: string): Promise<Answer> {
  await edge.call('GET', `${v3}/register/available?username=newcomer`, undefined, undefined, from);
  await register({}, from);
  const { body } = await register({ username: 'newcomer', password }, from);
  const auth = { type: 'm.login.dummy', session: body['session'] };
  return register({ username: 'newcomer', password, auth }, from);
}

describe.each([
  ['in Redis', () => redis],
  ['in memory', () => memoryStore(systemClock)],
])('limits count what was done, not requests: %s', (_name, storeOf) => {
  const start = async () => {
    edge = await startEdge({ open: true }, { limited: true, store: storeOf() });
  };

  test('a sign-up counts once, however many requests it takes', async () => {
    await start();
    const address = newAddress();
    for (let person = 0; person < 3; person++) expect((await signUp(address)).status).toBe(200);
    expect(await signUp(address)).toMatchObject(limited);
    expect((await signUp(newAddress())).status).toBe(200);
  });

  test('sign-ups that fail do not count', async () => {
    await start();
    const address = newAddress();
    for (let n = 0; n < 10; n++) expect((await register({ username: 'no good', password }, address)).status).toBe(400);
    expect((await signUp(address)).status).toBe(200);
  });

  test('right passwords do not count, wrong ones soon do, for their address alone', async () => {
    await start();
    const address = newAddress();
    for (let n = 0; n < 20; n++) expect((await login(password, address)).status).toBe(200);
    for (let n = 0; n < 5; n++) expect((await login('guess', address)).status).toBe(403);
    expect(await login('guess', address)).toMatchObject(limited);
    expect(await login(password, address, 'bob')).toMatchObject(limited);
    expect((await login(password, newAddress())).status).toBe(200);
  });

  test('wrong passwords at once are no more than wrong passwords one after the other', async () => {
    await start();
    const address = newAddress();
    const answers = await Promise.all(Array.from({ length: 30 }, () => login('guess', address)));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(5);
  });

  test('nobody is kept from signing in by the wrong attempts of another', async () => {
    await start();
    for (let n = 0; n < 60; n++) await login('guess', stranger, 'victim');
    expect((await login(password, newAddress(), 'victim')).status).toBe(200);
  });

  test('an account that very many addresses attack still lets in who has signed in from theirs before', async () => {
    await start();
    const home = newAddress();
    expect((await login(password, home, 'target')).status).toBe(200);
    for (let n = 0; n < 62; n++)
      await Promise.all(Array.from({ length: 5 }, () => login('guess', `192.0.2.${n + 1}`, 'target')));
    expect(await login(password, newAddress(), 'target')).toMatchObject(limited);
    expect((await login(password, home, 'target')).status).toBe(200);
  });

  test('the password of an interactive authentication counts as that of a login does', async () => {
    await start();
    const address = newAddress();
    const change = async (text: string) => {
      const path = `${v3}/account/password`;
      const asked = await edge.call('POST', path, { new_password: 'new password' }, 'alice', address);
      const auth = { type: 'm.login.password', user: 'alice', password: text, session: asked.body['session'] };
      return edge.call('POST', path, { new_password: 'new password', auth }, 'alice', address);
    };
    for (let n = 0; n < 8; n++) expect((await change(password)).status).toBe(200);
    for (let n = 0; n < 5; n++) expect((await change('guess')).status).toBe(401);
    expect(await change('guess')).toMatchObject(limited);
  });

  test('interactive authentications that are begun and left are bounded', async () => {
    await start();
    const address = newAddress();
    const answers = await Promise.all(Array.from({ length: 70 }, () => register({}, address)));
    expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(60);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(5);
  });

  test('application services register and sign in as fast as they like', async () => {
    await start();
    const address = newAddress();
    const body = { type: 'm.login.application_service', username: 'bridge_ghost' };
    for (let n = 0; n < 120; n++)
      expect((await edge.call('POST', `${v3}/register`, body, 'bridge', address)).status).toBe(200);
  });
});

describe('an interactive authentication', () => {
  test.each(['invented', ''])('whose session is %j is begun anew, whatever it offers', async (session) => {
    edge = await startEdge({ open: true });
    const offers = [
      ['POST', `${v3}/account/password`, { new_password: 'new password' }],
      ['POST', `${v3}/delete_devices`, { devices: ['DEVICE'] }],
      ['DELETE', `${v3}/devices/DEVICE`, {}],
    ] as const;
    const auth = { type: 'm.login.password', user: 'alice', password, session };
    for (const [method, path, body] of offers) {
      const answer = await edge.call(method, path, { ...body, auth }, 'alice');
      expect(answer).toMatchObject({ status: 401, body: { completed: [] } });
      expect(answer.body['session']).not.toBe(session);
      const again = { ...auth, session: answer.body['session'] };
      expect((await edge.call(method, path, { ...body, auth: again }, 'alice')).status).toBe(200);
    }
    const registered = await register({ username: 'x', password, auth: { type: 'm.login.dummy', session } }, stranger);
    expect(registered).toMatchObject({ status: 401, body: { completed: [] } });
    expect(edge.written.map(({ call }) => call)).not.toContain('register');
  });
});
