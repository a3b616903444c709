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

  it('has no user of another server in its namespace', () => {
    expect(registration().users[0]?.matches('@irc_alice:elsewhere.org')).toBe(false);
  });

  it('may have a sender that a generator made up, with capitals', () => {
    expect(registration({ sender_localpart: 'kT9wZbQx' }).sender).toBe('@kT9wZbQx:example.org');
  });

  it.each([
    ['users', String.raw`@telegram_.*:example\.org`],
    ['aliases', String.raw`\#telegram_.*:my\-server\.org`],
    ['rooms', '!'.padEnd(2000, 'x')],
  ])('may have in its namespace of %s what generators write: %s', (key, regex) => {
    expect(parse({ namespaces: { [key]: [{ regex, exclusive: true }] } })).not.toHaveProperty('errors');
  });

  it('names the characters of an expression that cannot be accepted, and where they are', () => {
    const namespaces = { users: [{ regex: '@irc_(?!bot).*', exclusive: true }] };
    expect(parse({ namespaces })).toEqual({
      errors: ['namespaces.users.0.regex: "(?!" at character 6: lookahead is not supported'],
    });
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
