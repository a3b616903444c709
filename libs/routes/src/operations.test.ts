import { expect, test } from 'vitest';
import { operations } from './operations.ts';

/** Operations of the specification's release that the product names in /versions, and those it serves besides. */
const specified = { client: 163, federation: 35 };
const besides = [
  'admin.blockRoom',
  'admin.deleteRoom',
  'admin.deleteStatusById',
  'admin.deleteStatusByRoom',
  'admin.getRoomBlock',
  'admin.getStatistics',
  'admin.purgeHistory',
  'admin.purgeHistoryStatus',
  'admin.sharedSecretRegister',
  'admin.sharedSecretRegisterNonce',
  'client.authFallback',
  'client.simplifiedSlidingSync',
];

test('every inbound operation of the specification is there, and no other but those named', () => {
  const count = (api: string) =>
    operations.filter((o) => o.key.startsWith(`${api}.`) && !besides.includes(o.key)).length;
  expect({ client: count('client'), federation: count('federation') }).toEqual(specified);
  expect(operations.length).toBe(specified.client + specified.federation + besides.length);
});

test('no two operations share a key', () => {
  expect(new Set(operations.map((o) => o.key)).size).toBe(operations.length);
});

test('no two operations claim one method and path, whatever their parameters are called', () => {
  const claims = operations.flatMap((o) => o.paths.map((path) => `${o.method} ${path.replace(/\{\w+\}/g, '{}')}`));
  expect(claims.filter((claim, at) => claims.indexOf(claim) !== at)).toEqual([]);
});

test('client operations of v3 are served under r0, media under r0 and v1', () => {
  const paths = (key: string) => operations.find((o) => o.key === key)?.paths;
  expect(paths('client.login')).toEqual(['/_matrix/client/v3/login', '/_matrix/client/r0/login']);
  expect(paths('client.uploadContent')).toEqual([
    '/_matrix/media/v3/upload',
    '/_matrix/media/r0/upload',
    '/_matrix/media/v1/upload',
  ]);
});

test('state and push rules are served with and without their last slash', () => {
  const paths = operations.flatMap((o) => o.paths);
  for (const path of [
    '/pushrules',
    '/pushrules/',
    '/rooms/{roomId}/state/{eventType}',
    '/rooms/{roomId}/state/{eventType}/',
  ])
    expect(paths).toContain(`/_matrix/client/v3${path}`);
});

test('what is read of a room is read by the service that decides who may see it', () => {
  const ofRooms = operations.filter(
    ({ method, path }) => method === 'GET' && /^\/_matrix\/client\/v\d+\/rooms\/\{roomId\}\//.test(path),
  );
  // Of the hierarchy strangers see what the room shows to everybody.
  const others = ofRooms.filter(({ owner }) => owner !== 'syncapi').map(({ operationId }) => operationId);
  expect(others).toEqual(['getSpaceHierarchy']);
});

test('every path is absolute and its parameters are whole segments', () => {
  for (const path of operations.flatMap((o) => o.paths)) expect(path).toMatch(/^(\/(\{\w+\}|[\w.-]*))+$/);
});
