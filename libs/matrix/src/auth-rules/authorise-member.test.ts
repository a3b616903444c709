import { describe, expect, it } from 'vitest';
import {
  alice,
  bob,
  carol,
  createEventId,
  dave,
  earlierThan,
  judged,
  member,
  since,
  versions,
} from '../../test/auth-fixtures.ts';
import { signingKey } from '../../test/event-fixtures.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { signJson } from '../signatures/sign-json.ts';

const key = (user: string) => `m.room.member|${user}`;
const rule = (join_rule: string) => ({ 'm.room.join_rules|': { join_rule } });
const membership = (user: string, is: string) => ({ [key(user)]: { membership: is } });

describe.each(versions)('in room version %s', (version) => {
  const judge = (sender: string, sketch: ReturnType<typeof member>, changes = {}) =>
    judged(version, sender, sketch, changes);

  it('a member event needs a state key, and a membership that is known', () => {
    expect(judge(alice, { type: 'm.room.member', content: { membership: 'join' } })).toBe(
      'member_without_state_key_or_membership',
    );
    expect(judge(alice, { type: 'm.room.member', stateKey: alice, content: {} })).toBe(
      'member_without_state_key_or_membership',
    );
    for (const unknown of ['', 'Join', 'constructor'])
      expect(judge(alice, member(alice, unknown))).toBe('unknown_membership');
    expect(judge(alice, { type: 'm.room.member', stateKey: alice, content: { membership: 1 } })).toBe(
      'unknown_membership',
    );
  });

  describe('joins', () => {
    it('of the creator right after the create event need nothing', () => {
      const first = { ...member(alice, 'join'), prevEvents: [createEventId] };
      const nothing = { [key(alice)]: null, 'm.room.join_rules|': null, 'm.room.power_levels|': null };
      expect(judge(alice, first, nothing)).toBe('allowed');
      expect(judge(alice, { ...first, prevEvents: [createEventId, createEventId] }, nothing)).toBe('join_rule_forbids');
      expect(judge(alice, member(alice, 'join'), nothing)).toBe('join_rule_forbids');
      expect(judge(dave, { ...member(dave, 'join'), prevEvents: [createEventId] })).toBe('join_rule_forbids');
    });

    it("are one's own, and not of the banned", () => {
      expect(judge(alice, member(dave, 'join'), rule('public'))).toBe('sender_is_not_target');
      expect(judge(dave, member(dave, 'join'), rule('public'))).toBe('allowed');
      expect(judge(dave, member(dave, 'join'), { ...rule('public'), ...membership(dave, 'ban') })).toBe('banned');
    });

    it.each(['invite', 'private', 'unknown'])(
      'under the rule %s need an invitation where there is one to have',
      (joinRule) => {
        const expected = joinRule === 'invite' ? 'allowed' : 'join_rule_forbids';
        for (const is of ['invite', 'join'])
          expect(judge(dave, member(dave, 'join'), { ...rule(joinRule), ...membership(dave, is) })).toBe(expected);
        for (const is of ['leave', 'knock'])
          expect(judge(dave, member(dave, 'join'), { ...rule(joinRule), ...membership(dave, is) })).toBe(
            'join_rule_forbids',
          );
      },
    );

    it('without join rules need an invitation', () => {
      expect(judge(dave, member(dave, 'join'), { 'm.room.join_rules|': null })).toBe('join_rule_forbids');
      expect(judge(dave, member(dave, 'join'), { 'm.room.join_rules|': null, ...membership(dave, 'invite') })).toBe(
        'allowed',
      );
    });
  });

  describe('invites', () => {
    it('come from members with the invite level, to those outside', () => {
      expect(judge(carol, member(dave, 'invite'))).toBe('allowed');
      expect(judge(dave, member('@eve:one', 'invite'))).toBe('sender_not_joined');
      for (const is of ['leave', 'invite', 'knock'])
        expect(judge(carol, member(dave, 'invite'), membership(dave, is))).toBe('allowed');
      for (const is of ['join', 'ban'])
        expect(judge(carol, member(dave, 'invite'), membership(dave, is))).toBe('already_joined_or_banned');
    });

    it('are subject to the invite level', () => {
      const levels = { 'm.room.power_levels|': { users: { [bob]: 50 }, invite: 50 } };
      expect(judge(bob, member(dave, 'invite'), levels)).toBe('allowed');
      expect(judge(carol, member(dave, 'invite'), levels)).toBe('insufficient_power');
    });
  });

  describe('leaving', () => {
    it('is for those who are in, or asked in', () => {
      for (const is of ['join', 'invite'])
        expect(judge(dave, member(dave, 'leave'), membership(dave, is))).toBe('allowed');
      for (const is of ['leave', 'ban'])
        expect(judge(dave, member(dave, 'leave'), membership(dave, is))).toBe('nothing_to_leave');
    });

    it('by kick needs membership, the kick level and more power than the target', () => {
      expect(judge(bob, member(carol, 'leave'))).toBe('allowed');
      expect(judge(bob, member(carol, 'leave'), membership(bob, 'leave'))).toBe('sender_not_joined');
      expect(judge(carol, member(bob, 'leave'))).toBe('insufficient_power');
      expect(judge(bob, member(alice, 'leave'))).toBe('target_has_as_much_power');
      const equals = { 'm.room.power_levels|': { users: { [bob]: 50, [carol]: 50 } } };
      expect(judge(bob, member(carol, 'leave'), equals)).toBe('target_has_as_much_power');
      expect(judge(bob, member(carol, 'leave'), { 'm.room.power_levels|': { users: { [bob]: 50 }, kick: 51 } })).toBe(
        'insufficient_power',
      );
    });

    it('by unban needs the ban level and the kick level', () => {
      const banned = membership(dave, 'ban');
      expect(judge(bob, member(dave, 'leave'), banned)).toBe('allowed');
      for (const level of ['ban', 'kick']) {
        const levels = { 'm.room.power_levels|': { users: { [bob]: 50 }, [level]: 51 } };
        expect(judge(bob, member(dave, 'leave'), { ...banned, ...levels })).toBe('insufficient_power');
      }
    });
  });

  it('bans need membership, the ban level and more power than the target', () => {
    for (const is of ['join', 'leave', 'invite', 'ban'])
      expect(judge(bob, member(dave, 'ban'), membership(dave, is))).toBe('allowed');
    expect(judge(bob, member(dave, 'ban'), membership(bob, 'invite'))).toBe('sender_not_joined');
    expect(judge(carol, member(dave, 'ban'))).toBe('insufficient_power');
    expect(judge(bob, member(alice, 'ban'))).toBe('target_has_as_much_power');
    expect(judge(bob, member(bob, 'ban'))).toBe('target_has_as_much_power');
  });

  it('a third-party invite is redeemed by a signature of a key that its maker published', () => {
    const signed = signJson({ mxid: dave, token: 'token' }, 'identity.server', signingKey);
    const invite = (content: JsonObject, sender = bob) =>
      judge(sender, member(dave, 'invite', { third_party_invite: content }), state);
    let state: Record<string, JsonObject> = {
      'm.room.third_party_invite|token': { sender: bob, public_key: signingKey.publicKey },
    };
    expect(invite({ signed })).toBe('allowed');
    expect(invite({ signed }, carol)).toBe('invalid_third_party_invite');
    for (const broken of [
      {},
      { signed: 1 },
      { signed: { ...signed, mxid: carol } },
      { signed: { mxid: dave } },
      { signed: { ...signed, token: 'other' } },
    ])
      expect(invite(broken)).toBe('invalid_third_party_invite');
    for (const broken of ['x', null, []])
      expect(judge(bob, member(dave, 'invite', { third_party_invite: broken }), state)).toBe(
        'invalid_third_party_invite',
      );
    expect(invite({ signed: { ...signed, extra: 1 } })).toBe('third_party_invite_not_signed');
    expect(invite({ signed: { ...signed, signatures: {} } })).toBe('third_party_invite_not_signed');
    state = { ...state, ...membership(dave, 'ban') };
    expect(invite({ signed })).toBe('banned');
    const other = 'A'.repeat(43);
    state = {
      'm.room.third_party_invite|token': {
        sender: bob,
        public_key: other,
        public_keys: [{ public_key: signingKey.publicKey }],
      },
    };
    expect(invite({ signed })).toBe('allowed');
    state = { 'm.room.third_party_invite|token': { sender: bob, public_key: other, public_keys: 'x' } };
    expect(invite({ signed })).toBe('third_party_invite_not_signed');
  });
});

describe('knocking', () => {
  const knock = (version: RoomVersion, changes = {}, sender = dave) =>
    judged(version, sender, member(dave, 'knock'), { ...rule('knock'), ...changes });

  it.each(since('7'))('in room version %s is for those outside, where the join rule says so', (version) => {
    for (const is of ['leave', 'knock']) expect(knock(version, membership(dave, is))).toBe('allowed');
    for (const is of ['ban', 'invite', 'join'])
      expect(knock(version, membership(dave, is))).toBe('already_invited_joined_or_banned');
    expect(knock(version, {}, alice)).toBe('sender_is_not_target');
    for (const other of ['public', 'invite', 'restricted'])
      expect(knock(version, rule(other))).toBe('join_rule_forbids');
  });

  it.each(since('7'))('in room version %s can be taken back, and makes the rule knock admit the invited', (version) => {
    expect(judged(version, dave, member(dave, 'leave'), membership(dave, 'knock'))).toBe('allowed');
    expect(judged(version, dave, member(dave, 'join'), { ...rule('knock'), ...membership(dave, 'invite') })).toBe(
      'allowed',
    );
    expect(judged(version, dave, member(dave, 'join'), { ...rule('knock'), ...membership(dave, 'knock') })).toBe(
      'join_rule_forbids',
    );
  });

  it.each(earlierThan('7'))('is unknown in room version %s', (version) => {
    expect(knock(version)).toBe('unknown_membership');
    expect(judged(version, dave, member(dave, 'leave'), membership(dave, 'knock'))).toBe('nothing_to_leave');
    expect(judged(version, dave, member(dave, 'join'), { ...rule('knock'), ...membership(dave, 'invite') })).toBe(
      'join_rule_forbids',
    );
  });

  it('under knock_restricted came with room version 10', () => {
    for (const version of since('10')) expect(knock(version, rule('knock_restricted'))).toBe('allowed');
    for (const version of ['7', '8', '9'] as const)
      expect(knock(version, rule('knock_restricted'))).toBe('join_rule_forbids');
  });
});

describe('restricted joins', () => {
  const join = (version: RoomVersion, joinRule: string, authoriser?: string, changes = {}) => {
    const rest: JsonObject = authoriser === undefined ? {} : { join_authorised_via_users_server: authoriser };
    return judged(version, dave, member(dave, 'join', rest), { ...rule(joinRule), ...changes });
  };

  it.each([
    ...since('8').map((v) => [v, 'restricted'] as const),
    ...since('10').map((v) => [v, 'knock_restricted'] as const),
  ])('in room version %s under %s need a member who may invite', (version, joinRule) => {
    expect(join(version, joinRule, bob)).toBe('allowed');
    expect(join(version, joinRule)).toBe('join_rule_forbids');
    expect(join(version, joinRule, '@eve:one')).toBe('authorising_user_may_not_invite');
    expect(join(version, joinRule, bob, membership(bob, 'leave'))).toBe('authorising_user_may_not_invite');
    const levels = { 'm.room.power_levels|': { users: { [bob]: 50 }, invite: 50 } };
    expect(join(version, joinRule, bob, levels)).toBe('allowed');
    expect(join(version, joinRule, carol, levels)).toBe('authorising_user_may_not_invite');
    for (const is of ['invite', 'join'])
      expect(join(version, joinRule, undefined, membership(dave, is))).toBe('allowed');
    expect(join(version, joinRule, bob, membership(dave, 'ban'))).toBe('banned');
    expect(join(version, joinRule, 'nobody')).toBe('invalid_authorising_user');
  });

  it('do not exist before', () => {
    for (const version of earlierThan('8'))
      expect(join(version, 'restricted', bob, membership(dave, 'invite'))).toBe('join_rule_forbids');
    for (const version of earlierThan('10'))
      expect(join(version, 'knock_restricted', bob, membership(dave, 'invite'))).toBe('join_rule_forbids');
    for (const version of earlierThan('8')) expect(join(version, 'public', 'nobody')).toBe('allowed');
  });
});

describe('creators of rooms of version 12', () => {
  const created = { 'm.room.create|': { additional_creators: [carol] } };

  it('stand above every level, and beside each other', () => {
    const levels = { 'm.room.power_levels|': { users: { [bob]: Number.MAX_SAFE_INTEGER } }, ...created };
    expect(judged('12', carol, member(bob, 'leave'), levels)).toBe('allowed');
    expect(judged('12', bob, member(carol, 'ban'), levels)).toBe('target_has_as_much_power');
    expect(judged('12', alice, member(carol, 'leave'), levels)).toBe('target_has_as_much_power');
    expect(judged('12', carol, member(alice, 'ban'), levels)).toBe('target_has_as_much_power');
  });

  it('join first only as the sender of the create event', () => {
    const first = { prevEvents: [createEventId] };
    const changes = { ...created, [key(carol)]: null };
    expect(judged('12', alice, { ...member(alice, 'join'), ...first }, changes)).toBe('allowed');
    expect(judged('12', carol, { ...member(carol, 'join'), ...first }, changes)).toBe('join_rule_forbids');
  });

  it('are nothing special before', () => {
    expect(judged('11', carol, member(bob, 'leave'), created)).toBe('insufficient_power');
  });
});
