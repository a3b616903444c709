import { type JsonObject, ownValue, type PushRule, type PushRuleset, type RoomId } from '@plexus/matrix';
import { findRule, withRule } from './push-ruleset.ts';

interface ReplacedRoom {
  readonly from: RoomId;
  readonly to: RoomId;
}

/** The rules with those for a room repeated for its replacement; undefined when there is none to repeat. */
export function rulesWithReplacement(ruleset: PushRuleset, rooms: ReplacedRoom): PushRuleset | undefined {
  let changed: PushRuleset | undefined;
  for (const kind of ['override', 'room'] as const) {
    const rule = findRule(ruleset, kind, rooms.from);
    if (rule === undefined || findRule(ruleset, kind, rooms.to) !== undefined) continue;
    const added = withRule(changed ?? ruleset, kind, ruleFor(rule, rooms), { before: undefined, after: undefined });
    if (added.ok) changed = added.value;
  }
  return changed;
}

/** Content of `m.direct` with the replacement beside the room; undefined when the room is no direct chat or both are in it. */
export function directRoomsWith(content: JsonObject, { from, to }: ReplacedRoom): JsonObject | undefined {
  let isChanged = false;
  const changed: JsonObject = {};
  for (const userId of Object.keys(content)) {
    const rooms = ownValue(content, userId) ?? null;
    const isDirect = Array.isArray(rooms) && rooms.includes(from) && !rooms.includes(to);
    changed[userId] = isDirect ? [...rooms, to] : rooms;
    isChanged ||= isDirect;
  }
  return isChanged ? changed : undefined;
}

/** Clients mute a room by an override that bears the room's id and matches it. */
function ruleFor(rule: PushRule, { from, to }: ReplacedRoom): PushRule {
  const conditions = rule.conditions?.map((condition) =>
    condition.key === 'room_id' && condition.pattern === from ? { ...condition, pattern: to } : condition,
  );
  return { ...rule, rule_id: to, ...(conditions !== undefined && { conditions }) };
}
