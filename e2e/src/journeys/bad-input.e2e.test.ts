import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, at, listAt, send, textAt } from '../stack/http-client.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { registerUser, roomPath, type User } from '../stack/user.ts';

describe('bad input gets the specification’s error and changes nothing', () => {
  let stack: Stack;
  let alice: User;
  let roomId: string;
  let stateBefore: string[];

  const raw = (method: string, path: string, body?: string | Buffer): Promise<Answer> =>
    send(stack.url, method, path, { token: alice.token, ...(body !== undefined && { body }) });
  const outcome = (answer: Answer) => [answer.status, at(answer.json, 'errcode')];
  const state = async () =>
    listAt(await alice.ok('GET', roomPath(roomId, 'state'))).map((event) => textAt(event, 'event_id'));

  beforeAll(async () => {
    stack = await startStack('one');
    alice = await registerUser(stack.url, 'alice');
    roomId = textAt(await alice.ok('POST', '/_matrix/client/v3/createRoom', {}), 'room_id');
    stateBefore = await state();
  }, 180_000);

  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
  });

  describe('as the content of an event', () => {
    it.each([
      ['', 'M_NOT_JSON'],
      ['{', 'M_NOT_JSON'],
      ['{"a":}', 'M_NOT_JSON'],
      ['nothing', 'M_NOT_JSON'],
      ['{"a":"\\ud800"}', 'M_BAD_JSON'],
      ['[]', 'M_BAD_JSON'],
      ['"text"', 'M_BAD_JSON'],
      ['{"a":1.5}', 'M_BAD_JSON'],
      ['{"a":1.0}', 'M_BAD_JSON'],
      ['{"a":1e400}', 'M_BAD_JSON'],
      ['{"a":1e3}', 'M_BAD_JSON'],
      ['{"a":9007199254740993}', 'M_BAD_JSON'],
      ['{"a":-9007199254740993}', 'M_BAD_JSON'],
      [`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`, 'M_BAD_JSON'],
    ])('%.40s → %s', async (body, errcode) => {
      for (const path of ['send/m.room.message/bad', 'state/org.example.bad/key']) {
        const answer = await raw('PUT', roomPath(roomId, path), Buffer.from(body));
        expect([answer.status, at(answer.json, 'errcode'), path]).toEqual([400, errcode, path]);
      }
    });

    it('bytes that are not UTF-8', async () => {
      const answer = await raw(
        'PUT',
        roomPath(roomId, 'send/m.room.message/utf8'),
        Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      );
      expect(outcome(answer)).toEqual([400, 'M_NOT_JSON']);
    });

    it('more than an event may hold', async () => {
      const answer = await raw(
        'PUT',
        roomPath(roomId, 'send/m.room.message/large'),
        JSON.stringify({ body: 'x'.repeat(70_000) }),
      );
      expect(outcome(answer)).toEqual([413, 'M_TOO_LARGE']);
    });

    it('keys that mean something to JavaScript come back as they were', async () => {
      const body = '{"__proto__":{"admin":true},"constructor":"c","toString":1,"length":0,"1":"one","01":"zero one"}';
      const sent = await raw('PUT', roomPath(roomId, 'send/org.example.keys/keys'), body);
      expect(sent.status).toBe(200);
      const event = await raw('GET', roomPath(roomId, `event/${encodeURIComponent(textAt(sent.json, 'event_id'))}`));
      expect(JSON.stringify(at(event.json, 'content', '__proto__'))).toBe('{"admin":true}');
      expect(at(event.json, 'content', 'constructor')).toBe('c');
      expect([at(event.json, 'content', '1'), at(event.json, 'content', '01')]).toEqual(['one', 'zero one']);
    });
  });

  describe('as the body of a request', () => {
    it.each([
      ['PUT', () => roomPath(roomId, `typing/${encodeURIComponent(alice.userId)}`), ''],
      ['PUT', () => roomPath(roomId, `typing/${encodeURIComponent(alice.userId)}`), '{"typing":"yes"}'],
      ['PUT', () => roomPath(roomId, `typing/${encodeURIComponent(alice.userId)}`), '{"typing":true,"timeout":1e400}'],
      ['POST', () => '/_matrix/client/v3/createRoom', '{"invite":"@a:b"}'],
      ['POST', () => '/_matrix/client/v3/createRoom', '{"preset":7}'],
      ['POST', () => '/_matrix/client/v3/createRoom', '{"power_level_content_override":{"users":{"nobody":100}}}'],
      ['POST', () => '/_matrix/client/v3/createRoom', '{"room_version":"no such version"}'],
      ['POST', () => roomPath(roomId, 'invite'), '{}'],
      ['POST', () => roomPath(roomId, 'invite'), '{"user_id":"not an id"}'],
      ['POST', () => roomPath(roomId, 'kick'), '{"user_id":[]}'],
      ['POST', () => '/_matrix/client/v3/login', '{"type":7}'],
      ['POST', () => '/_matrix/client/v3/login', '{"type":"m.login.password","identifier":null,"password":{}}'],
      ['PUT', () => `/_matrix/client/v3/profile/${encodeURIComponent(alice.userId)}/displayname`, '{"displayname":{}}'],
      ['PUT', () => `/_matrix/client/v3/user/${encodeURIComponent(alice.userId)}/account_data/x`, '[]'],
      [
        'POST',
        () => `/_matrix/client/v3/user/${encodeURIComponent(alice.userId)}/filter`,
        '{"room":{"timeline":{"limit":"a"}}}',
      ],
    ])('%s %s %s is a 4xx with an errcode', async (method, path, body) => {
      const answer = await raw(method, path(), body);
      expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
      expect(answer.status, answer.text).toBeLessThan(500);
      expect(at(answer.json, 'errcode')).toMatch(/^M_/);
    });
  });

  describe('as a path', () => {
    it.each([
      ['GET', '/_matrix/client/v3/nonsense', 404, 'M_UNRECOGNIZED'],
      ['PATCH', '/_matrix/client/v3/sync', 405, 'M_UNRECOGNIZED'],
      ['DELETE', '/_matrix/client/versions', 405, 'M_UNRECOGNIZED'],
      ['GET', '/_matrix/client/v3/rooms/%ZZ/state', 400, undefined],
      ['GET', '/_matrix/client/v3/rooms/%00/state', undefined, undefined],
      ['GET', '/_matrix/client/v3/rooms/not-a-room/state', undefined, undefined],
      ['GET', '/_matrix/client/v3/profile/..%2f..%2fetc', undefined, undefined],
      ['GET', '/_matrix/client/v1/media/download/localhost/..%2F..%2Fetc%2Fpasswd', undefined, undefined],
      ['GET', '/_matrix/client/v1/media/download/localhost/%2e%2e', undefined, undefined],
      ['GET', `/_matrix/client/v3/rooms/${'x'.repeat(8000)}/state`, undefined, undefined],
      ['GET', '/_matrix/client/v3/sync?since=s99999999999999999999_1', undefined, undefined],
      ['GET', '/_matrix/client/v3/sync?since=-1&timeout=1e9&filter=%7B', undefined, undefined],
      ['GET', '/_matrix/client/v3/sync?filter=9999999', undefined, undefined],
    ])('%s %.80s', async (method, path, status, errcode) => {
      const answer = await raw(method, path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status, answer.text).toBeLessThan(500);
      expect(at(answer.json, 'errcode')).toMatch(/^M_/);
      if (status !== undefined) expect(answer.status).toBe(status);
      if (errcode !== undefined) expect(at(answer.json, 'errcode')).toBe(errcode);
    });
  });

  describe('as a token', () => {
    it.each([undefined, '', 'x', 'x'.repeat(5000), 'plx_0', '\u00ff'])('%.20s', async (token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await send(stack.url, 'GET', '/_matrix/client/v3/account/whoami', { headers });
      expect(answer.status).toBe(401);
      expect(['M_MISSING_TOKEN', 'M_UNKNOWN_TOKEN']).toContain(at(answer.json, 'errcode'));
    });
  });

  it('random bytes on the socket end that connection and nothing else', async () => {
    const { hostname, port } = new URL(stack.url);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.end(Buffer.from('\x00\xff\r\nGARBAGE\r\n\r\n')));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect((await alice.call('GET', '/_matrix/client/versions')).status).toBe(200);
  });

  it('after all of it the room is as it was', async () => {
    expect(await state()).toEqual(stateBefore);
  });
});
