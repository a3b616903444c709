import { describe, expect, it } from 'vitest';
import { bob, carol, dave, earlierThan, judged, member, since, versions } from '../../test/auth-fixtures.ts';
import { must, signingKey } from '../../test/event-fixtures.ts';
import type { JsonObject, JsonValue } from '../canonical-json/json-value.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { decodeBase64 } from '../signatures/base64.ts';
import { signJson } from '../signatures/sign-json.ts';
import { signingKeyFromSeed } from '../signatures/signing-key.ts';

const otherKey = must(signingKeyFromSeed('x', Buffer.alloc(32, 9)));
const signed = signJson({ mxid: dave, token: 'token', sender: bob }, 'identity.example', signingKey);
const invitation = (content: JsonObject) => ({ 'm.room.third_party_invite|token': { sender: bob, ...content } });

function redeem(version: RoomVersion, thirdParty: JsonValue, state: JsonObject, sender = bob, target = dave): string {
  return judged(version, sender, member(target, 'invite', { third_party_invite: thirdParty }), {
    ...invitation(state),
  });
}

describe.each(versions)('A15 a third-party invite of room version %s', (version) => {
  const own = { public_key: signingKey.publicKey };

  it('is redeemed once for the one it was signed for', () => {
    expect(redeem(version, { signed }, own)).toBe('allowed');
    expect(redeem(version, { signed }, own, bob, '@eve:three')).toBe('invalid_third_party_invite');
    expect(redeem(version, { signed: { ...signed, mxid: '@eve:three' } }, own, bob, '@eve:three')).toBe(
      'third_party_invite_not_signed',
    );
  });

  it('is gone when its token was taken back', () => {
    const gone = { 'm.room.third_party_invite|token': null };
    expect(judged(version, bob, member(dave, 'invite', { third_party_invite: { signed } }), gone)).toBe(
      'invalid_third_party_invite',
    );
    expect(redeem(version, { signed }, {})).toBe('third_party_invite_not_signed');
  });

  it('is not another sender’s', () => {
    expect(redeem(version, { signed }, own, carol)).toBe('invalid_third_party_invite');
  });

  it('takes any key of either place and either alphabet, and nothing else for a key', () => {
    const urlSafe = must(decodeBase64(signingKey.publicKey)).toString('base64url');
    for (const keys of [
      { public_key: urlSafe },
      { public_key: `${signingKey.publicKey}=` },
      { public_key: otherKey.publicKey, public_keys: [{ public_key: signingKey.publicKey }] },
      { public_keys: [{}, 1, null, { public_key: 1 }, { public_key: urlSafe }] },
    ])
      expect(redeem(version, { signed }, keys)).toBe('allowed');
    for (const keys of [
      { public_key: otherKey.publicKey },
      { public_key: [signingKey.publicKey] },
      { public_key: signingKey.publicKey.slice(1) },
      { public_keys: { public_key: signingKey.publicKey } },
      { public_keys: [signingKey.publicKey] },
      { key_validity_url: 'http://127.0.0.1/', public_key: '' },
    ] satisfies JsonObject[])
      expect(redeem(version, { signed }, keys)).toBe('third_party_invite_not_signed');
  });

  it('has nothing to say about addresses that its keys name', () => {
    const urls = {
      ...own,
      key_validity_url: 'http://169.254.169.254/',
      public_keys: [{ ...own, key_validity_url: 1 }],
    };
    expect(redeem(version, { signed }, urls)).toBe('allowed');
  });

  it('of many keys and many signatures is not tried by all of both', () => {
    const many = Array.from({ length: 1000 }, () => ({ public_key: otherKey.publicKey }));
    const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`ed25519:${i}`, 'A'.repeat(86)]));
    const start = process.cpuUsage();
    expect(redeem(version, { signed: { ...signed, signatures: { a: keys } } }, { public_keys: many })).toBe(
      'third_party_invite_not_signed',
    );
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(1);
  });

  it.each<[JsonValue]>([[null], ['x'], [[]], [{}], [{ signed: null }], [{ signed: [] }], [{ signed: { mxid: dave } }]])(
    'is not %j',
    (thirdParty) => expect(redeem(version, thirdParty, own)).toBe('invalid_third_party_invite'),
  );
});

describe('A15 a restricted join', () => {
  const restricted = { 'm.room.join_rules|': { join_rule: 'restricted', allow: [{ type: 'm.room_membership' }] } };
  const join = (version: RoomVersion, authoriser: JsonValue, changes: Record<string, JsonObject | null> = {}) =>
    judged(version, dave, member(dave, 'join', { join_authorised_via_users_server: authoriser }), {
      ...restricted,
      ...changes,
    });

  it.each(since('8'))('of room version %s is authorised by a member who may invite, and by nobody else', (version) => {
    expect(join(version, bob)).toBe('allowed');
    for (const forged of [dave, '@nobody:one', '@admin:three'])
      expect(join(version, forged)).toBe('authorising_user_may_not_invite');
    for (const odd of [1, null, true, [], {}, '', 'bob', '@bob', `@bob:${'o'.repeat(300)}`])
      expect(join(version, odd)).toBe('invalid_authorising_user');
    for (const membership of ['leave', 'ban', 'invite', 'knock'])
      expect(join(version, bob, { [`m.room.member|${bob}`]: { membership } })).toBe('authorising_user_may_not_invite');
  });

  it.each(since('8'))('of room version %s does not let the banned in', (version) => {
    expect(join(version, bob, { [`m.room.member|${dave}`]: { membership: 'ban' } })).toBe('banned');
  });

  it.each(since('8'))(
    'of room version %s authorises the one who joins, not one who is joined by another',
    (version) => {
      const event = member('@eve:three', 'join', { join_authorised_via_users_server: bob });
      expect(judged(version, dave, event, restricted)).toBe('sender_is_not_target');
    },
  );

  it('is none before room version 8', () => {
    for (const version of earlierThan('8')) expect(join(version, bob)).toBe('join_rule_forbids');
  });
});
