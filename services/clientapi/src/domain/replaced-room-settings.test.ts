import { parseRoomId, parseUserId } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { findRule, rulesetOf, withRule } from './push-ruleset.ts';
import { directRoomsWith, rulesWithReplacement } from './replaced-room-settings.ts';

const from = parseRoomId('!old:example.org');
const to = parseRoomId('!new:example.org');
const user = parseUserId('@alice:example.org');
if (from === undefined || to === undefined || user === undefined) throw new Error('test names');
const rooms = { from, to };

describe('settings of a replaced room', () => {
  it('repeat the rule that mutes it', () => {
    const conditions = [{ kind: 'event_match', key: 'room_id', pattern: from }];
    const mute = { rule_id: from, default: false, enabled: true, actions: [], conditions };
    const muted = withRule(rulesetOf(user, undefined), 'override', mute, { before: undefined, after: undefined });
    const changed = muted.ok ? rulesWithReplacement(muted.value, rooms) : undefined;
    expect(changed && findRule(changed, 'override', to)).toEqual({
      ...mute,
      rule_id: to,
      conditions: [{ kind: 'event_match', key: 'room_id', pattern: to }],
    });
    expect(changed && findRule(changed, 'override', from)).toEqual(mute);
    expect(changed && rulesWithReplacement(changed, rooms)).toBeUndefined();
  });

  it('keep a direct chat one', () => {
    const direct = { '@bob:example.org': [from, '!x:example.org'], '@eve:example.org': ['!y:example.org'], odd: 1 };
    const changed = directRoomsWith(direct, rooms);
    expect(changed).toEqual({ ...direct, '@bob:example.org': [from, '!x:example.org', to] });
    expect(changed && directRoomsWith(changed, rooms)).toBeUndefined();
  });
});
