import { operations } from '@plexus/routes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRouter } from './router.ts';

const route = createRouter(operations);

function found(method: string, url: string) {
  const match = route(method, url);
  return match.kind === 'operation' ? { key: match.operation.key, params: match.params } : match;
}

test('parameters are decoded once, after the path is split', () => {
  expect(found('GET', '/_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/event/$x%2By/')).toEqual({ kind: 'unknownPath' });
  expect(found('GET', '/_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/event/$1%2F2+3?access_token=x')).toEqual({
    key: 'client.getOneRoomEvent',
    params: { roomId: '!a/b:example.org', eventId: '$1/2+3' },
  });
  expect(found('GET', '/_matrix/client/v3/profile/%2540a')).toEqual({
    key: 'client.getUserProfile',
    params: { userId: '%40a' },
  });
});

test('a state key may be left out or be empty', () => {
  const base = '/_matrix/client/r0/rooms/!r:s/state';
  expect(found('GET', base)).toMatchObject({ key: 'client.getRoomState' });
  expect(found('GET', `${base}/`)).toMatchObject({ key: 'client.getRoomState' });
  for (const path of ['m.room.name', 'm.room.name/'])
    expect(found('PUT', `${base}/${path}`)).toEqual({
      key: 'client.setRoomStateWithKey',
      params: { roomId: '!r:s', eventType: 'm.room.name' },
    });
});

test('every operation is found under each of its paths', () => {
  for (const operation of operations)
    for (const path of operation.paths)
      expect(found(operation.method, path.replace(/\{\w+\}/g, 'x'))).toMatchObject({ key: operation.key });
});

test('any identifier comes through a path as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), (id) => {
      const match = route('GET', `/_matrix/client/v3/profile/${encodeURIComponent(id)}`);
      expect(match).toMatchObject({ kind: 'operation', params: { userId: id } });
    }),
  );
});

test('any text is matched or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, encoded) => {
      const text = encoded
        ? Buffer.from(bytes).toString('hex').replace(/../g, '%$&')
        : Buffer.from(bytes).toString('latin1');
      expect(route('GET', `/_matrix/client/v3/profile/${text}`).kind).toBeTypeOf('string');
    }),
  );
});

test('unknown path, wrong method, and what is not percent-encoded UTF-8', () => {
  expect(route('GET', '/_matrix/client/v3/nothing')).toEqual({ kind: 'unknownPath' });
  expect(route('GET', '/')).toEqual({ kind: 'unknownPath' });
  expect(route('GET', 'http://other/')).toEqual({ kind: 'badPath' });
  expect(route('GET', '/_matrix/client/v3/profile/%ff')).toEqual({ kind: 'badPath' });
  expect(route('PATCH', '/_matrix/client/v3/login')).toEqual({ kind: 'wrongMethod', allow: 'GET, POST' });
});

test('HEAD is answered as GET is', () => {
  expect(found('HEAD', '/_matrix/client/versions')).toMatchObject({ key: 'client.getVersions' });
});
