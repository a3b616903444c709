import { parseServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { clashes, parseRegistration, type Registration } from './registration.ts';

const serverName = parseServerName('example.org');
const content = {
  id: 'irc',
  url: 'http://127.0.0.1:9000/',
  as_token: 'as',
  hs_token: 'hs',
  sender_localpart: 'ircbot',
  namespaces: { users: [{ regex: '@irc_.*', exclusive: true }], aliases: [], rooms: [] },
};

function parse(change: object = {}) {
  if (serverName === undefined) throw new Error('no server name');
  return parseRegistration({ ...content, ...change }, serverName);
}

function registration(change: object = {}): Registration {
  const parsed = parse(change);
  if ('errors' in parsed) throw new Error(parsed.errors.join());
  return parsed.registration;
}

describe('a registration file', () => {
  it('gives the sender, the namespaces and no token in clear', () => {
    const parsed = registration();
    expect(parsed.sender).toBe('@ircbot:example.org');
    expect(parsed.url).toBe('http://127.0.0.1:9000');
    expect(parsed.users[0]?.matches('@irc_alice:example.org')).toBe(true);
    expect(JSON.stringify(parsed)).not.toContain('"as"');
  });

  it('matches a namespace from the start of the text only', () => {
    expect(registration().users[0]?.matches('x@irc_alice:example.org')).toBe(false);
  });

  it.each([
    [{ id: undefined }, 'id'],
    [{ as_token: '' }, 'as_token'],
    [{ url: 'ftp://example.org' }, 'url'],
    [{ sender_localpart: 'Not Valid' }, 'sender_localpart'],
    [{ namespaces: { users: [{ regex: '(', exclusive: true }] } }, 'namespaces.users.0.regex'],
    [{ namespaces: { users: [{ regex: 'a' }] } }, 'namespaces.users.0.exclusive'],
  ])('that is wrong (%j) is refused by the key %s', (change, key) => {
    const parsed = parse(change);
    expect('errors' in parsed && parsed.errors.some((error) => error.startsWith(`${key}:`))).toBe(true);
  });

  it('must not clash with another', () => {
    expect(clashes([registration(), registration({ id: 'b', as_token: 'b', sender_localpart: 'b' })])).toEqual([]);
    expect(clashes([registration(), registration()])).toHaveLength(3);
  });
});
