import { describe, expect, it } from 'vitest';
import { caseTimeout, forCases } from '../../test/random.ts';
import { randomText } from '../../test/random-json.ts';
import { parseDeviceId } from './device-id.ts';
import { parseEventId } from './event-id.ts';
import { parseRoomAlias } from './room-alias.ts';
import { createEventOfRoomId, parseRoomId, roomIdFromCreateEvent } from './room-id.ts';
import { parseServerName, serverNameParts } from './server-name.ts';
import { isLocal, serverNameOf, serverNameOfRoomId } from './server-of.ts';
import { isNewLocalpart, localpartOf, parseUserId, userIdFrom } from './user-id.ts';

function parsed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected to parse');
  return value;
}

const example = parsed(parseServerName('example.org'));
const hash = `${'A'.repeat(40)}-_9`;

describe('server names', () => {
  it.each([
    ['matrix.org', 'matrix.org', 'dns', undefined],
    ['matrix.org:8888', 'matrix.org', 'dns', 8888],
    ['1.2.3.4', '1.2.3.4', 'ipv4', undefined],
    ['1.2.3.4:1234', '1.2.3.4', 'ipv4', 1234],
    ['[1234:5678::abcd]', '1234:5678::abcd', 'ipv6', undefined],
    ['[1234:5678::abcd]:5678', '1234:5678::abcd', 'ipv6', 5678],
    ['UPPER-case.Example', 'UPPER-case.Example', 'dns', undefined],
  ])('%s is one, of host %s', (text, host, kind, port) => {
    expect(serverNameParts(parsed(parseServerName(text)))).toEqual({ host, kind, port });
  });

  it.each([
    '',
    ':80',
    'a b',
    'a_b',
    'ex:',
    'ex:123456',
    'ex:1a',
    'ex:1:2',
    '[::1',
    '[]',
    '[::g]',
    '[::1]80',
    'a/b',
    'é.fr',
    'a\0',
    'a\n',
  ])('%j is none', (text) => expect(parseServerName(text)).toBeUndefined());
});

describe('user ids', () => {
  it.each(['@alice:example.org', '@alice:[::1]:80', '@:example.org', '@Al ice\u0001:example.org', '@é😀:example.org'])(
    '%j is one, historical localparts included',
    (text) => expect(parseUserId(text)).toBe(text),
  );

  it.each([
    '',
    '@',
    '@alice',
    'alice:example.org',
    '@alice:',
    '@a:b:c',
    '@a\0:example.org',
    '@\ud800:example.org',
    '#a:b',
  ])('%j is none', (text) => expect(parseUserId(text)).toBeUndefined());

  it('are limited in bytes, not in characters', () => {
    const rest = '@:example.org'.length;
    expect(parseUserId(`@${'a'.repeat(255 - rest)}:example.org`)).toBeDefined();
    expect(parseUserId(`@${'a'.repeat(256 - rest)}:example.org`)).toBeUndefined();
    expect(parseUserId(`@${'é'.repeat(121)}:example.org`)).toBeDefined();
    expect(parseUserId(`@${'é'.repeat(122)}:example.org`)).toBeUndefined();
  });

  it('are made of a localpart and a server and come apart again', () => {
    const alice = parsed(userIdFrom('alice', example));
    expect([localpartOf(alice), serverNameOf(alice)]).toEqual(['alice', 'example.org']);
    expect(userIdFrom('a:b', example)).toBeUndefined();
  });

  it('are local to exactly their own server', () => {
    const user = parsed(parseUserId('@alice:example.org:80'));
    expect(isLocal(user, parsed(parseServerName('example.org:80')))).toBe(true);
    expect(isLocal(user, example)).toBe(false);
    expect(isLocal(parsed(parseUserId('@alice:x.example.org')), example)).toBe(false);
    expect(isLocal(parsed(parseUserId('@alice:example.org')), parsed(parseServerName('rg')))).toBe(false);
  });

  it('of new accounts have a narrow alphabet', () => {
    for (const good of ['alice', 'a.b_c=d-e/f+0']) expect(isNewLocalpart(good)).toBe(true);
    for (const bad of ['', 'Alice', 'a b', 'é', 'a@b', 'a,b', 'a:b', 'a\0', '~'])
      expect(isNewLocalpart(bad)).toBe(false);
  });

  it('parse without an exception whatever the text', { timeout: caseTimeout }, () => {
    forCases((random) => {
      const text = `@${randomText(random)}${random.oneOf([':', ':one', ':[::1]', ''])}${randomText(random)}`;
      if (![undefined, text].includes(parseUserId(text))) throw new Error(text);
    });
  });
});

describe('room ids', () => {
  it('have a domain, or are the hash of a create event', () => {
    expect(parseRoomId('!abc:example.org')).toBe('!abc:example.org');
    expect(parseRoomId(`!${hash}`)).toBe(`!${hash}`);
    for (const bad of ['!', '!abc', `!${hash}a`, `!${hash.slice(1)}+`, '#a:b', '!a:', '!a\0:b'])
      expect(parseRoomId(bad)).toBeUndefined();
  });

  it('of version 12 and their create event name each other', () => {
    const eventId = parsed(parseEventId(`$${hash}`));
    const roomId = parsed(roomIdFromCreateEvent(eventId));
    expect(createEventOfRoomId(roomId)).toBe(eventId);
    expect(serverNameOfRoomId(roomId)).toBeUndefined();
    const old = parsed(parseRoomId('!abc:example.org'));
    expect([createEventOfRoomId(old), serverNameOfRoomId(old)]).toEqual([undefined, 'example.org']);
  });
});

describe('other ids', () => {
  it('events: a sigil and something after it', () => {
    for (const good of ['$a:example.org', `$${hash}`, '$a/b+c']) expect(parseEventId(good)).toBe(good);
    for (const bad of ['$', '', 'a', '$a\0', `$${'é'.repeat(128)}`, '$\udc00'])
      expect(parseEventId(bad)).toBeUndefined();
  });

  it('aliases: any localpart without a colon', () => {
    for (const good of ['#a:example.org', '#é #:example.org:1']) expect(parseRoomAlias(good)).toBe(good);
    for (const bad of ['#a', '#a:', '#a:b:c', 'a:b', '#\0:b']) expect(parseRoomAlias(bad)).toBeUndefined();
  });

  it('devices: not empty, bounded', () => {
    expect(parseDeviceId('PHONE 1')).toBe('PHONE 1');
    for (const bad of ['', 'a\0', 'x'.repeat(513)]) expect(parseDeviceId(bad)).toBeUndefined();
  });
});
