import { Registrations } from '@plexus/appservices';
import { parseServerName, type ServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { localpartOfLogin, localpartProblem } from './localparts.ts';

const serverName = parsed('example.org');
const registrations = new Registrations(
  [
    registration('irc', 'ircbot', [{ regex: '@irc_.*:example\\.org', exclusive: true }]),
    registration('logger', 'logbot', [{ regex: '@.*:example\\.org', exclusive: false }]),
  ],
  serverName,
);

describe('localparts that may be registered', () => {
  it.each(['alice', 'a', '0', 'a.b_c=d-e/f+g'])('%s', (localpart) => {
    expect(problem(localpart)).toBeUndefined();
  });

  it.each(['', 'Alice', 'al ice', 'älice', 'a:b', '@alice', 'a\0b', 'x'.repeat(250)])('not %j', (localpart) => {
    expect(problem(localpart)).toBe('M_INVALID_USERNAME');
  });

  it('not one in the exclusive namespace of an application service, nor its sender', () => {
    expect(problem('irc_bob')).toBe('M_EXCLUSIVE');
    expect(problem('ircbot')).toBe('M_EXCLUSIVE');
    expect(problem('irc_bob', 'logger')).toBe('M_EXCLUSIVE');
  });

  it('those by the application service itself, and none outside its namespaces', () => {
    expect(problem('irc_bob', 'irc')).toBeUndefined();
    expect(problem('ircbot', 'irc')).toBeUndefined();
    expect(problem('alice', 'irc')).toBe('M_EXCLUSIVE');
    expect(problem('irc_bob', 'unknown')).toBe('M_EXCLUSIVE');
  });
});

describe('localparts that an application service may register', () => {
  it.each(['irc_Bob', 'irc_bob[away]', 'irc_|x|'])('%s, as other networks write names', (localpart) => {
    expect(problem(localpart, 'irc')).toBeUndefined();
  });

  it.each(['irc_ b', 'irc_ä', 'irc_a:b', 'irc_\0', `irc_${'x'.repeat(250)}`])('not %j', (localpart) => {
    expect(problem(localpart, 'irc')).toBe('M_INVALID_USERNAME');
  });
});

describe('whom a login means', () => {
  it.each([
    ['alice', 'alice'],
    ['Alice', 'alice'],
    ['@alice:example.org', 'alice'],
    ['@Alice:example.org', 'alice'],
  ])('%s: %s', (user, localpart) => {
    expect(localpartOfLogin(user, serverName)).toBe(localpart);
  });

  it.each(['@alice:elsewhere.org', '@alice', '@:'])('%s: nobody', (user) => {
    expect(localpartOfLogin(user, serverName)).toBeUndefined();
  });
});

function problem(localpart: string, appserviceId?: string): string | undefined {
  return localpartProblem(localpart, serverName, registrations, appserviceId)?.errcode;
}

function registration(id: string, senderLocalpart: string, users: { regex: string; exclusive: boolean }[]) {
  const asTokenHash = Buffer.from(id);
  return { id, asTokenHash, senderLocalpart, rateLimited: false, users, aliases: [], rooms: [], protocols: [] };
}

function parsed(name: string): ServerName {
  const result = parseServerName(name);
  if (result === undefined) throw new TypeError(name);
  return result;
}
