import { operations } from '@plexus/routes';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { handledOperations } from './handlers.ts';
import { type StartedEdge, startEdge } from './testing/started-edge.ts';

let edge: StartedEdge;

beforeAll(async () => {
  edge = await startEdge({ open: true, sharedSecret: 'secret' });
});

beforeEach(() => {
  edge.written.length = 0;
});

afterAll(() => edge.stop());

const room = '/_matrix/client/v3/rooms/!room%3Aexample.org';
const me = '/_matrix/client/v3/user/%40alice%3Aexample.org';
const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;

type Case = readonly [method: string, path: string, body: unknown, status: number, errcode: string];

const wrongFields: Case[] = [
  ['POST', '/_matrix/client/v3/login', {}, 400, 'M_MISSING_PARAM'],
  ['POST', '/_matrix/client/v3/login', { type: 1 }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/login', { type: 'm.login.nothing' }, 400, 'M_UNKNOWN'],
  ['POST', '/_matrix/client/v3/login', { type: 'm.login.password', user: 'alice', password: {} }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/login', { type: 'm.login.password', user: 'alice' }, 400, 'M_MISSING_PARAM'],
  ['POST', '/_matrix/client/v3/register', { username: ['a'] }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/register', { username: 'A/../B' }, 400, 'M_INVALID_USERNAME'],
  ['POST', '/_matrix/client/v3/register', { auth: 'dummy' }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/register', { auth: { type: 'm.login.dummy' } }, 400, 'M_MISSING_PARAM'],
  [
    'POST',
    '/_matrix/client/v3/register',
    { device_id: 'x\0', auth: { type: 'm.login.dummy' } },
    400,
    'M_INVALID_PARAM',
  ],
  ['GET', '/_matrix/client/v3/register/available', undefined, 400, 'M_MISSING_PARAM'],
  ['POST', '/_synapse/admin/v1/register', { nonce: 1 }, 400, 'M_BAD_JSON'],
  ['POST', '/_synapse/admin/v1/register', { nonce: 'n', username: 'a', password: 'b', mac: 'c' }, 400, 'M_UNKNOWN'],
  ['POST', '/_matrix/client/v3/createRoom', { invite: 'bob' }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/createRoom', { invite: ['bob'] }, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/createRoom', { preset: 'odd' }, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/createRoom', { visibility: 'odd' }, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/createRoom', { room_version: '99' }, 400, 'M_UNSUPPORTED_ROOM_VERSION'],
  ['POST', '/_matrix/client/v3/createRoom', { room_version: 12 }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/createRoom', { room_alias_name: 'a:b' }, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/createRoom', { initial_state: [1] }, 400, 'M_BAD_JSON'],
  ['POST', '/_matrix/client/v3/createRoom', { initial_state: [{ type: 'm.room.create' }] }, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/createRoom', '{"creation_content":{"a":1.5}}', 400, 'M_BAD_JSON'],
  [
    'POST',
    '/_matrix/client/v3/createRoom',
    '{"power_level_content_override":{"ban":9007199254740993}}',
    400,
    'M_BAD_JSON',
  ],
  ['POST', '/_matrix/client/v3/join/room', {}, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/join/%23tea%3Aexample.org', {}, 404, 'M_NOT_FOUND'],
  ['POST', '/_matrix/client/v3/rooms/..%2F..%2Fetc/join', {}, 400, 'M_INVALID_PARAM'],
  ['POST', `${room}/invite`, {}, 400, 'M_MISSING_PARAM'],
  ['POST', `${room}/invite`, { user_id: 'bob' }, 400, 'M_INVALID_PARAM'],
  ['POST', `${room}/invite`, { medium: 'email', address: 'a@b.c' }, 403, 'M_THREEPID_DENIED'],
  ['POST', `${room}/kick`, { user_id: 7 }, 400, 'M_BAD_JSON'],
  ['POST', `${room}/unban`, { user_id: 'bob' }, 400, 'M_INVALID_PARAM'],
  ['POST', '/_matrix/client/v3/knock/room', {}, 400, 'M_INVALID_PARAM'],
  ['POST', `${room}/ban`, { user_id: '@bob:example.org', reason: 1 }, 400, 'M_BAD_JSON'],
  ['PUT', `${room}/send/m.room.message/1`, '{"a":1e400}', 400, 'M_BAD_JSON'],
  ['PUT', `${room}/send/m.room.message/1`, '{"a":0.5}', 400, 'M_BAD_JSON'],
  ['PUT', `${room}/send/m.room.message/1`, '{"a":9007199254740992}', 400, 'M_BAD_JSON'],
  ['PUT', `${room}/send/m.room.message/1`, '', 400, 'M_NOT_JSON'],
  ['PUT', `${room}/send/${'x'.repeat(256)}/1`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', `${room}/send/m.x/%00`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/rooms/%00/send/m.x/1', {}, 400, 'M_INVALID_PARAM'],
  ['PUT', `${room}/state/m.room.name/${'%F0%9F%98%80'.repeat(64)}`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', `${room}/redact/event/1`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', `${room}/redact/%24e/1`, { reason: [] }, 400, 'M_BAD_JSON'],
  ['PUT', `${room}/typing/%40alice%3Aexample.org`, '', 400, 'M_NOT_JSON'],
  ['PUT', `${room}/typing/%40alice%3Aexample.org`, { typing: 'yes' }, 400, 'M_BAD_JSON'],
  ['PUT', `${room}/typing/%40alice%3Aexample.org`, { typing: true, timeout: -1 }, 400, 'M_INVALID_PARAM'],
  ['PUT', `${room}/typing/%40alice%3Aexample.org`, { typing: true }, 403, 'M_FORBIDDEN'],
  ['PUT', `${room}/typing/%40bob%3Aexample.org`, { typing: true }, 403, 'M_FORBIDDEN'],
  ['POST', `${room}/receipt/m.odd/%24e`, {}, 400, 'M_INVALID_PARAM'],
  ['POST', `${room}/receipt/m.read/e`, {}, 400, 'M_INVALID_PARAM'],
  ['POST', `${room}/receipt/m.read/%24e`, { thread_id: 1 }, 400, 'M_BAD_JSON'],
  ['POST', `${room}/receipt/m.fully_read/%24e`, { thread_id: 'main' }, 400, 'M_INVALID_PARAM'],
  ['POST', `${room}/read_markers`, { 'm.read': 'e' }, 400, 'M_INVALID_PARAM'],
  ['PUT', `${me}/account_data/m.push_rules`, {}, 405, 'M_BAD_JSON'],
  ['PUT', `${me}/account_data/${'x'.repeat(300)}`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', `${me}/rooms/odd/account_data/m.x`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/user/%40bob%3Aexample.org/account_data/m.x', {}, 403, 'M_FORBIDDEN'],
  ['GET', `${me}/account_data/m.x`, undefined, 404, 'M_NOT_FOUND'],
  ['PUT', `${me}/rooms/!r%3As/tags/m.favourite`, { order: 'first' }, 400, 'M_BAD_JSON'],
  ['PUT', `${me}/rooms/odd/tags/m.favourite`, {}, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/profile/%40alice%3Aexample.org/displayname', { displayname: 1 }, 400, 'M_BAD_JSON'],
  ['PUT', '/_matrix/client/v3/profile/%40alice%3Aexample.org/m.tz', {}, 400, 'M_MISSING_PARAM'],
  ['PUT', '/_matrix/client/v3/profile/%40bob%3Aexample.org/displayname', { displayname: 'B' }, 403, 'M_FORBIDDEN'],
  ['GET', '/_matrix/client/v3/profile/nobody', undefined, 400, 'M_INVALID_PARAM'],
  ['GET', '/_matrix/client/v3/profile/%40a%3Aelsewhere.org', undefined, 404, 'M_NOT_FOUND'],
  ['PUT', '/_matrix/client/v3/directory/room/%23a%3Aexample.org', { room_id: 'x' }, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/directory/room/%23a%3Aother.org', { room_id: '!r:s' }, 400, 'M_INVALID_PARAM'],
  ['GET', '/_matrix/client/v3/directory/room/a', undefined, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/directory/list/room/!r%3As', { visibility: 'odd' }, 400, 'M_INVALID_PARAM'],
  ['GET', '/_matrix/client/v3/directory/list/room/!r%3As', undefined, 404, 'M_NOT_FOUND'],
  ['PUT', '/_matrix/client/v3/pushrules/global/odd/x', { actions: [] }, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/pushrules/global/content/x', { actions: [] }, 400, 'M_BAD_JSON'],
  ['PUT', '/_matrix/client/v3/pushrules/global/override/.m.x', { actions: [] }, 400, 'M_INVALID_PARAM'],
  ['PUT', '/_matrix/client/v3/pushrules/global/override/.m.rule.master/enabled', { enabled: 1 }, 400, 'M_BAD_JSON'],
  ['DELETE', '/_matrix/client/v3/pushrules/global/override/.m.rule.master', undefined, 404, 'M_NOT_FOUND'],
  ['PUT', '/_matrix/client/v3/devices/DEVICE', { display_name: 1 }, 400, 'M_BAD_JSON'],
  ['GET', '/_matrix/client/v3/devices/OTHER', undefined, 404, 'M_NOT_FOUND'],
  ['POST', '/_matrix/client/v3/delete_devices', { devices: 'DEVICE' }, 400, 'M_BAD_JSON'],
];

test.each(wrongFields)('%s %s with %j is %i %s, and changes nothing', async (method, path, body, status, errcode) => {
  expect(await edge.call(method, path, body, 'alice')).toMatchObject({ status, body: { errcode } });
  expect(edge.written).toEqual([]);
});

describe('every operation of this service', () => {
  const own = operations.filter(({ key }) => handledOperations.includes(key));
  const pathOf = (path: string) => path.replace(/\{\w+\}/g, '%21x');

  test('is one that the routes give to it', () => {
    expect(own.filter(({ owner }) => owner !== 'clientapi')).toEqual([]);
  });

  const withBody = own.filter(({ body }) => body === 'json' || body === 'optionalJson' || body === 'eventContent');

  test.each(withBody.map(({ auth, key, method, path }) => [key, method, path, auth] as const))(
    '%s refuses what is no JSON object',
    async (_key, method, path, auth) => {
      const token = auth === 'appserviceToken' ? 'bridge' : 'alice';
      for (const [body, errcode] of [
        ['{', 'M_NOT_JSON'],
        ['{"a":1}}', 'M_NOT_JSON'],
        ['[{}]', 'M_BAD_JSON'],
        ['null', 'M_BAD_JSON'],
        ['true', 'M_BAD_JSON'],
        ['7', 'M_BAD_JSON'],
        ['"text"', 'M_BAD_JSON'],
        [' ', 'M_NOT_JSON'],
        [deep, 'M_BAD_JSON'],
        ['{"a":1e999}', 'M_BAD_JSON'],
        ['{"a":"\\udc00"}', 'M_BAD_JSON'],
      ])
        expect(await edge.call(method, pathOf(path), body, token)).toMatchObject({ status: 400, body: { errcode } });
      const large = `{"a":"${'x'.repeat(1_000_001)}"}`;
      expect(await edge.call(method, pathOf(path), large, token)).toMatchObject({ status: 413 });
      expect(edge.written).toEqual([]);
    },
  );

  test.each(withBody.map(({ auth, body, key, method, path }) => [key, body, method, path, auth] as const))(
    '%s (%s) takes an empty body for {} where no field is demanded, and nowhere else',
    async (_key, body, method, path, auth) => {
      const answer = await edge.call(method, pathOf(path), '', auth === 'appserviceToken' ? 'bridge' : 'alice');
      const isNotJson = answer.status === 400 && answer.body['errcode'] === 'M_NOT_JSON';
      expect(isNotJson).toBe(body !== 'optionalJson');
    },
  );

  test.each(own.map(({ auth, key, method, path }) => [key, auth, method, path] as const))(
    '%s (%s) never answers 5xx to nonsense',
    async (_key, auth, method, path) => {
      const body = method === 'GET' || method === 'DELETE' ? undefined : '{"user_id":{},"auth":[],"type":null}';
      for (const parameter of ['%00', '%F0%9F%98%80', '..', '%2F..%2F', 'x'.repeat(3000), '%21x%3Aexample.org']) {
        const answer = await edge.call(method, path.replace(/\{\w+\}/g, parameter), body, 'alice');
        expect(answer.status).toBeLessThan(500);
      }
      if (auth === 'accessToken')
        for (const token of [undefined, 'nobody'])
          expect((await edge.call(method, pathOf(path), body, token)).status).toBe(401);
    },
  );
});
