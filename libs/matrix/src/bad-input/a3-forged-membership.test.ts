import { describe, expect, it } from 'vitest';
import { judged, member, since, versions } from '../../test/auth-fixtures.ts';
import { must, serverName, signingKey } from '../../test/event-fixtures.ts';
import { wireEvent } from '../../test/wire-events.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import { requiredSigners, verifyEventSignature } from '../events/event-signatures.ts';
import { type ParsedPdu, parsePdu } from '../events/parse-pdu.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { signBytes } from '../signatures/signing-key.ts';

function read(version: RoomVersion, changes: JsonObject): ParsedPdu {
  const parsed = parsePdu(JSON.stringify(wireEvent(version, changes)), rulesOf(version));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

/** The event signed by a server's key under that server's name, whoever is said to have sent it. */
function signedBy(server: string, version: RoomVersion, changes: JsonObject): ParsedPdu {
  const signature = signBytes(signingKey, Buffer.from(read(version, changes).signedText));
  return read(version, { ...changes, signatures: { [server]: { 'ed25519:1': signature } } });
}

const memberships = ['join', 'leave', 'knock', 'invite', 'ban'];
const memberOf = (user: string, membership: string, sender = user): JsonObject => ({
  type: 'm.room.member',
  state_key: user,
  sender,
  content: { membership },
});

describe.each(versions)('A3 a membership of room version %s', (version) => {
  it('that another server signed is not signed by the one it must be', () => {
    for (const membership of memberships) {
      const event = signedBy('mallory.example', version, memberOf('@alice:one', membership));
      expect(requiredSigners(event, rulesOf(version))).toEqual(['one']);
      expect(verifyEventSignature(event, serverName('one'), 'ed25519:1', signingKey.publicKey)).toBe(false);
    }
  });

  it('whose signature is put under the name of the right server is not signed by its key', () => {
    const event = signedBy('one', version, memberOf('@alice:one', 'join'));
    const keyOfOne = must(Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex'));
    expect(verifyEventSignature(event, serverName('one'), 'ed25519:1', keyOfOne.toString('base64'))).toBe(false);
    expect(verifyEventSignature(event, serverName('one'), 'ed25519:1', signingKey.publicKey)).toBe(true);
  });

  it('is signed for its user, its sender, its room and its type, and for no other', () => {
    const event = signedBy('one', version, memberOf('@alice:one', 'join'));
    const room = version === '12' ? `!${'B'.repeat(43)}` : '!other:one';
    for (const change of [
      { state_key: '@bob:one' },
      { sender: '@bob:one' },
      { room_id: room },
      { type: 'm.room.message' },
      { content: { membership: 'leave' } },
      { depth: 8 },
      { origin_server_ts: 1 },
      { prev_events: [] },
      { auth_events: [] },
      { hashes: { sha256: 'y' } },
    ]) {
      const other = read(version, { ...event.object, ...change });
      expect(verifyEventSignature(other, serverName('one'), 'ed25519:1', signingKey.publicKey)).toBe(false);
    }
    const harmless = read(version, { ...event.object, unsigned: { age: 1 } });
    expect(verifyEventSignature(harmless, serverName('one'), 'ed25519:1', signingKey.publicKey)).toBe(true);
  });

  it('is nothing that one user does for another without the right to', () => {
    const dave = '@dave:three';
    for (const membership of ['join', 'knock'])
      expect(
        judged(version, '@alice:one', member(dave, membership), { 'm.room.join_rules|': { join_rule: 'public' } }),
      ).not.toBe('allowed');
    expect(judged(version, dave, member('@bob:one', 'leave'))).toBe('sender_not_joined');
    expect(judged(version, dave, member('@bob:one', 'invite'))).toBe('sender_not_joined');
  });
});

describe('A3 what must be signed besides', () => {
  it.each(since('8'))('is in room version %s whatever names an authorising user', (version) => {
    for (const membership of memberships) {
      const content = { membership, join_authorised_via_users_server: '@bob:other' };
      const event = read(version, { ...memberOf('@alice:one', membership), content });
      expect(requiredSigners(event, rulesOf(version))).toEqual(['one', 'other']);
    }
    const odd = {
      ...memberOf('@alice:one', 'join'),
      content: { membership: 'join', join_authorised_via_users_server: 1 },
    };
    expect(requiredSigners(read(version, odd), rulesOf(version))).toEqual(['one']);
    const message = { content: { join_authorised_via_users_server: '@bob:other' } };
    expect(requiredSigners(read(version, message), rulesOf(version))).toEqual(['one']);
  });

  it.each(['1', '2'] as const)('is in room version %s the event id, whose server has to sign', (version) => {
    const event = read(version, { event_id: '$a:two' });
    expect(requiredSigners(event, rulesOf(version))).toEqual(['one', 'two']);
    const invite = { ...memberOf('@bob:two', 'invite', '@alice:one'), event_id: '$a:two' };
    const thirdParty = { ...invite, content: { membership: 'invite', third_party_invite: { signed: {} } } };
    expect(requiredSigners(read(version, thirdParty), rulesOf(version))).toEqual(['two']);
  });
});
