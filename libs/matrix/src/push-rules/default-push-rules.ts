import type { UserId } from '../identifiers/user-id.ts';
import type { PushAction, PushCondition, PushRule, PushRuleset } from './push-rule.ts';

const sound: PushAction = { set_tweak: 'sound', value: 'default' };
const ring: PushAction = { set_tweak: 'sound', value: 'ring' };
const highlight: PushAction = { set_tweak: 'highlight' };

/** The rules that every user has, before any changes. Client-Server API, "Predefined Rules". */
export function defaultPushRules(userId: UserId): PushRuleset {
  return { override: overrideRules(userId), content: [], room: [], sender: [], underride: underrideRules };
}

function overrideRules(userId: UserId): PushRule[] {
  return [
    { ...rule('.m.rule.master', [], []), enabled: false },
    rule('.m.rule.suppress_notices', [matches('content.msgtype', 'm.notice')], []),
    rule(
      '.m.rule.invite_for_me',
      [type('m.room.member'), matches('content.membership', 'invite'), matches('state_key', userId)],
      ['notify', sound],
    ),
    rule('.m.rule.member_event', [type('m.room.member')], []),
    rule(
      '.m.rule.is_user_mention',
      [{ kind: 'event_property_contains', key: 'content.m\\.mentions.user_ids', value: userId }],
      ['notify', sound, highlight],
    ),
    ...sharedOverrideRules,
  ];
}

const sharedOverrideRules: PushRule[] = [
  rule(
    '.m.rule.is_room_mention',
    [
      { kind: 'event_property_is', key: 'content.m\\.mentions.room', value: true },
      { kind: 'sender_notification_permission', key: 'room' },
    ],
    ['notify', highlight],
  ),
  rule('.m.rule.tombstone', [type('m.room.tombstone'), matches('state_key', '')], ['notify', highlight]),
  rule('.m.rule.reaction', [type('m.reaction')], []),
  rule('.m.rule.room.server_acl', [type('m.room.server_acl'), matches('state_key', '')], []),
  rule(
    '.m.rule.suppress_edits',
    [{ kind: 'event_property_is', key: 'content.m\\.relates_to.rel_type', value: 'm.replace' }],
    [],
  ),
];

const underrideRules: PushRule[] = [
  rule('.m.rule.call', [type('m.call.invite')], ['notify', ring]),
  rule('.m.rule.encrypted_room_one_to_one', [oneToOne(), type('m.room.encrypted')], ['notify', sound]),
  rule('.m.rule.room_one_to_one', [oneToOne(), type('m.room.message')], ['notify', sound]),
  rule('.m.rule.message', [type('m.room.message')], ['notify']),
  rule('.m.rule.encrypted', [type('m.room.encrypted')], ['notify']),
];

function rule(ruleId: string, conditions: PushCondition[], actions: PushAction[]): PushRule {
  return { rule_id: ruleId, default: true, enabled: true, conditions, actions };
}

function matches(key: string, pattern: string): PushCondition {
  return { kind: 'event_match', key, pattern };
}

function type(pattern: string): PushCondition {
  return matches('type', pattern);
}

function oneToOne(): PushCondition {
  return { kind: 'room_member_count', is: '2' };
}
