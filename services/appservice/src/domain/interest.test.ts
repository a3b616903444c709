import { parseServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { isInterested } from './interest.ts';
import { parseRegistration } from './registration.ts';

const serverName = parseServerName('example.org');
const parsed =
  serverName &&
  parseRegistration(
    {
      id: 'irc',
      url: null,
      as_token: 'as',
      hs_token: 'hs',
      sender_localpart: 'ircbot',
      namespaces: {
        users: [{ regex: '@irc_.*', exclusive: true }],
        aliases: [{ regex: '#irc_.*', exclusive: true }],
        rooms: [{ regex: '!bridged:.*', exclusive: false }],
      },
    },
    serverName,
  );
if (!parsed || 'errors' in parsed) throw new Error('the fixture is wrong');
const { registration } = parsed;

const nobody = { hasMember: false, aliases: [] };
const message = { roomId: '!a:example.org', sender: '@alice:example.org', type: 'm.room.message' };

describe('a bridge is told of an event', () => {
  it.each([
    ['in a room of its namespace', { ...message, roomId: '!bridged:example.org' }, nobody],
    ['sent by a user of its namespace', { ...message, sender: '@irc_bob:example.org' }, nobody],
    ['sent by its own sender', { ...message, sender: '@ircbot:example.org' }, nobody],
    ['that invites its user', { ...message, type: 'm.room.member', stateKey: '@irc_bob:example.org' }, nobody],
    ['in a room with one of its users', message, { ...nobody, hasMember: true }],
    ['in a room with one of its aliases', message, { ...nobody, aliases: ['#x:example.org', '#irc_a:example.org'] }],
  ])('%s', (_, event, room) => expect(isInterested(registration, event, room)).toBe(true));

  it.each([
    ['in any other room', message, nobody],
    [
      'whose state key only looks like a member',
      { ...message, type: 'org.x', stateKey: '@irc_bob:example.org' },
      nobody,
    ],
    [
      'by which a server joins branches',
      { ...message, type: 'org.matrix.dummy_event' },
      { ...nobody, hasMember: true },
    ],
    ['in a room with a foreign alias', message, { ...nobody, aliases: ['#other:example.org'] }],
  ])('but not of one %s', (_, event, room) => expect(isInterested(registration, event, room)).toBe(false));
});
