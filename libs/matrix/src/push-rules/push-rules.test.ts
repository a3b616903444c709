import { describe, expect, it } from 'vitest';
import { userId } from '../../test/event-fixtures.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import type { PushContext } from './conditions.ts';
import { defaultPushRules } from './default-push-rules.ts';
import { compilePushRules } from './evaluate.ts';
import { parsePushActions, parsePushRule } from './parse-push-rule.ts';
import { pushEvent } from './push-event.ts';
import type { PushRule, PushRuleset } from './push-rule.ts';

const me = userId('@me:one');
const other = '@other:one';
const group: PushContext = { memberCount: 5, displayName: 'Me (x)', senderMayNotify: () => true };

function decide(event: JsonObject, { rules = defaultPushRules(me), context = group, sender = other } = {}) {
  const type = typeof event['type'] === 'string' ? event['type'] : 'm.room.message';
  const { notify, highlight } = compilePushRules(me, rules).evaluate(
    pushEvent({ ...event, type }, type, sender, '!room:one'),
    context,
  );
  return highlight ? 'highlight' : notify ? 'notify' : 'silent';
}

const message = (content: JsonObject) => ({
  type: 'm.room.message',
  content: { msgtype: 'm.text', body: 'hi', ...content },
});

describe('by the default rules', () => {
  it.each<[string, JsonObject, string]>([
    ['a message notifies', message({}), 'notify'],
    ['an encrypted event notifies', { type: 'm.room.encrypted', content: {} }, 'notify'],
    ['a call notifies', { type: 'm.call.invite', content: {} }, 'notify'],
    ['a notice does not', message({ msgtype: 'm.notice' }), 'silent'],
    ['an edit does not', message({ 'm.relates_to': { rel_type: 'm.replace' } }), 'silent'],
    ['a reaction does not', { type: 'm.reaction', content: {} }, 'silent'],
    ['a topic does not', { type: 'm.room.topic', state_key: '', content: {} }, 'silent'],
    [
      "one's own invite notifies",
      { type: 'm.room.member', state_key: me, content: { membership: 'invite' } },
      'notify',
    ],
    [
      'the invite of another does not',
      { type: 'm.room.member', state_key: other, content: { membership: 'invite' } },
      'silent',
    ],
    ['a mention of the user highlights', message({ 'm.mentions': { user_ids: [other, me] } }), 'highlight'],
    ['a mention of another only notifies', message({ 'm.mentions': { user_ids: [other] } }), 'notify'],
    ['a mention of the room highlights', message({ 'm.mentions': { room: true } }), 'highlight'],
    ['a mention of the room as text only notifies', message({ 'm.mentions': { room: 'true' } }), 'notify'],
    ['a tombstone highlights', { type: 'm.room.tombstone', state_key: '', content: {} }, 'highlight'],
    ['a tombstone that is not state does not', { type: 'm.room.tombstone', content: {} }, 'silent'],
    ['a server ACL does not', { type: 'm.room.server_acl', state_key: '', content: {} }, 'silent'],
    ['broken content does no harm', { type: 'm.room.message', content: 'x' }, 'notify'],
  ])('%s', (_, event, expected) => expect(decide(event)).toBe(expected));

  it("all but the master rule are on, and all are the server's", () => {
    const all = Object.values(defaultPushRules(me)).flat();
    expect(all.every((rule) => rule.default && rule.rule_id.startsWith('.m.rule.'))).toBe(true);
    expect(all.filter((rule) => !rule.enabled).map((rule) => rule.rule_id)).toEqual(['.m.rule.master']);
  });

  it("one's own events never notify", () => {
    expect(decide(message({ 'm.mentions': { user_ids: [me] } }), { sender: me })).toBe('silent');
  });

  it('a mention of the room by one without the power only notifies', () => {
    expect(
      decide(message({ 'm.mentions': { room: true } }), { context: { ...group, senderMayNotify: () => false } }),
    ).toBe('notify');
  });

  it('messages between two make a sound', () => {
    const evaluator = compilePushRules(me, defaultPushRules(me));
    for (const type of ['m.room.message', 'm.room.encrypted']) {
      const actions = (memberCount: number) =>
        evaluator.evaluate(pushEvent({ type, content: {} }, type, other, '!r:one'), { ...group, memberCount }).actions;
      expect(actions(2)).toEqual(['notify', { set_tweak: 'sound', value: 'default' }]);
      expect(actions(3)).toEqual(['notify']);
    }
  });
});

describe("by rules of one's own", () => {
  const rule = (over: Partial<PushRule>): PushRule => ({
    rule_id: 'mine',
    default: false,
    enabled: true,
    actions: ['notify', { set_tweak: 'highlight' }],
    ...over,
  });
  const having = (more: Partial<PushRuleset>): PushRuleset => ({ ...defaultPushRules(me), ...more });

  it('words in the body highlight, those of other words do not', () => {
    const rules = having({ content: [rule({ pattern: 'tea*cup' })] });
    expect(decide(message({ body: 'a TEA, a Cup.' }), { rules })).toBe('highlight');
    expect(decide(message({ body: 'teacups' }), { rules })).toBe('notify');
    expect(decide(message({ body: 1 }), { rules })).toBe('notify');
  });

  it('a highlight can be turned off by its value', () => {
    const actions = (value: boolean) => ['notify' as const, { set_tweak: 'highlight', value }];
    const rules = (value: boolean) => having({ sender: [rule({ rule_id: other, actions: actions(value) })] });
    expect([decide(message({}), { rules: rules(true) }), decide(message({}), { rules: rules(false) })]).toEqual([
      'highlight',
      'notify',
    ]);
    const tweak = having({ sender: [rule({ rule_id: other, actions: ['notify', { set_tweak: 'sound' }] })] });
    expect(decide(message({}), { rules: tweak })).toBe('notify');
  });

  it('rooms and senders can be silenced', () => {
    expect(decide(message({}), { rules: having({ room: [rule({ rule_id: '!room:one', actions: [] })] }) })).toBe(
      'silent',
    );
    expect(decide(message({}), { rules: having({ room: [rule({ rule_id: '!other:one', actions: [] })] }) })).toBe(
      'notify',
    );
    expect(decide(message({}), { rules: having({ sender: [rule({ rule_id: other, actions: [] })] }) })).toBe('silent');
  });

  it('a rule that is disabled is as if it were not there', () => {
    expect(
      decide(message({}), { rules: having({ sender: [rule({ rule_id: other, actions: [], enabled: false })] }) }),
    ).toBe('notify');
    const [master, ...rest] = defaultPushRules(me).override;
    expect(
      decide(message({}), { rules: having({ override: master ? [{ ...master, enabled: true }, ...rest] : [] }) }),
    ).toBe('silent');
  });

  it.each<[JsonObject & { kind: string }, boolean]>([
    [{ kind: 'event_match', key: 'content.body', pattern: 'hi' }, true],
    [{ kind: 'event_property_is', key: 'content.body', value: 'hi there' }, true],
    [{ kind: 'event_match', key: 'content.missing', pattern: '*' }, false],
    [{ kind: 'event_match', key: 'room_id', pattern: '!ROOM:*' }, true],
    [{ kind: 'event_match', key: 'type' }, false],
    [{ kind: 'event_property_is', key: 'content.n', value: null }, true],
    [{ kind: 'event_property_is', key: 'content.list', value: [] }, false],
    [{ kind: 'event_property_contains', key: 'content.list', value: 1 }, true],
    [{ kind: 'event_property_contains', key: 'content.body', value: 'h' }, false],
    [{ kind: 'room_member_count', is: '5' }, true],
    [{ kind: 'room_member_count', is: '==5' }, true],
    [{ kind: 'room_member_count', is: '<5' }, false],
    [{ kind: 'room_member_count', is: '>=5' }, true],
    [{ kind: 'room_member_count', is: '>=4' }, true],
    [{ kind: 'room_member_count', is: '>=6' }, false],
    [{ kind: 'room_member_count', is: '>4' }, true],
    [{ kind: 'room_member_count', is: '<6' }, true],
    [{ kind: 'room_member_count', is: '=5' }, false],
    [{ kind: 'event_match', key: 'content.body', pattern: 'there' }, true],
    [{ kind: 'event_match', key: 'content.msgtype', pattern: 'text' }, false],
    [{ kind: 'event_property_is', value: 'hi there' }, false],
    [{ kind: 'event_property_contains', value: 1 }, false],
    [{ kind: 'event_property_contains', key: 'content.list', value: [1] }, false],
    [{ kind: 'room_member_count', is: '<=4' }, false],
    [{ kind: 'room_member_count', is: 'five' }, false],
    [{ kind: 'contains_display_name' }, false],
    [{ kind: 'unknown' }, false],
  ])('the condition %j holds: %s', (condition, holds) => {
    const rules = having({ override: [rule({ conditions: [condition] })], underride: [] });
    expect(decide(message({ body: 'hi there', n: null, list: [1] }), { rules })).toBe(holds ? 'highlight' : 'silent');
  });

  it('a display name is looked for as it is, at the boundaries of words', () => {
    const rules = having({ override: [rule({ conditions: [{ kind: 'contains_display_name' }] })], underride: [] });
    expect(decide(message({ body: 'hello me (X)!' }), { rules })).toBe('highlight');
    expect(decide(message({ body: 'hello lme (x)' }), { rules })).toBe('silent');
    expect(decide(message({ body: 'hello  you' }), { rules, context: { ...group, displayName: ' ' } })).toBe('silent');
    expect(decide(message({ body: 'undefined' }), { rules, context: { ...group, displayName: undefined } })).toBe(
      'silent',
    );
    expect(decide(message({ body: ['me (x)'] }), { rules })).toBe('silent');
    expect(decide(message({ body: 'ame me' }), { rules, context: { ...group, displayName: 'ME' } })).toBe('highlight');
    expect(decide(message({ body: 'aaa aa' }), { rules, context: { ...group, displayName: 'aa' } })).toBe('highlight');
  });
});

describe('a rule from a client', () => {
  it('is read with what its kind has', () => {
    expect(parsePushRule('content', 'tea', { actions: ['notify'], pattern: 'tea', extra: 1 })).toEqual({
      ok: true,
      value: { rule_id: 'tea', default: false, enabled: true, actions: ['notify'], pattern: 'tea' },
    });
    const condition = { kind: 'event_match', key: 'type', pattern: 'a' };
    expect(parsePushRule('override', 'x', { actions: [], conditions: [condition] })).toMatchObject({
      ok: true,
      value: { conditions: [condition] },
    });
    const value = { kind: 'event_property_is', key: 'content.x', value: 1 };
    expect(parsePushRule('underride', 'x', { actions: [], conditions: [value] })).toMatchObject({
      ok: true,
      value: { conditions: [value] },
    });
    for (const kind of ['room', 'sender'] as const)
      expect(parsePushRule(kind, '!a:b', { actions: [], conditions: 1 })).toEqual({
        ok: true,
        value: { rule_id: '!a:b', default: false, enabled: true, actions: [] },
      });
  });

  it.each<[string, 'content' | 'override', string, JsonObject]>([
    ['invalid_rule_id', 'override', '.m.rule.mine', { actions: [] }],
    ['invalid_rule_id', 'override', 'a/b', { actions: [] }],
    ['invalid_actions', 'override', 'a', {}],
    ['invalid_actions', 'override', 'a', { actions: ['shout'] }],
    ['invalid_actions', 'override', 'a', { actions: [{ set_tweak: 1 }] }],
    ['invalid_pattern', 'content', 'a', { actions: [], pattern: 1 }],
    ['invalid_conditions', 'override', 'a', { actions: [], conditions: {} }],
    ['invalid_conditions', 'override', 'a', { actions: [], conditions: [{ kind: 1 }] }],
    ['invalid_conditions', 'override', 'a', { actions: [], conditions: [{ kind: 'event_match', key: 1 }] }],
  ])('is refused as %s', (error, kind, id, body) =>
    expect(parsePushRule(kind, id, body)).toEqual({ ok: false, error }),
  );

  it('keeps actions that are historical, and no others', () => {
    const actions = ['dont_notify', 'coalesce', 'notify', { set_tweak: 'sound', value: 'x' }];
    expect(parsePushActions(actions)).toEqual(actions);
    expect(parsePushActions(['notify', 'shout'])).toBeUndefined();
  });
});
