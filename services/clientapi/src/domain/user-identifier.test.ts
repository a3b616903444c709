import { isServerName, type ServerName } from '@plexus/matrix';
import { expect, test } from 'vitest';
import { namedUser, userIdOfName } from './user-identifier.ts';

function server(name: string): ServerName {
  if (!isServerName(name)) throw new TypeError(name);
  return name;
}

test.each([
  [{ identifier: { type: 'm.id.user', user: 'alice' } }, 'alice'],
  [{ identifier: { type: 'm.id.user', user: '@alice:example.org' } }, '@alice:example.org'],
  [{ user: 'alice' }, 'alice'],
  [{ identifier: { type: 'm.id.thirdparty', medium: 'email', address: 'a@b' } }, undefined],
  [{ identifier: { type: 'm.id.phone', country: 'GB', phone: '1' }, user: 'alice' }, undefined],
  [{ medium: 'email', address: 'a@b' }, undefined],
  [{ identifier: { type: 'm.id.user', user: '' } }, undefined],
  [{}, undefined],
])('%j names %s', (body, expected) => {
  expect(namedUser(body)).toBe(expected);
});

test('a localpart is of this server, a whole user id of its own', () => {
  const here = server('example.org');
  expect(userIdOfName('alice', here)).toBe('@alice:example.org');
  expect(userIdOfName('@alice:other.org', here)).toBe('@alice:other.org');
  expect(userIdOfName('alice:other.org', here)).toBeUndefined();
  expect(userIdOfName('@alice', here)).toBeUndefined();
});
