import { describe, expect, it } from 'vitest';
import { userId } from '../../test/event-fixtures.ts';
import { caseTimeout, forCases, type Random } from '../../test/random.ts';
import { randomText, randomValue } from '../../test/random-json.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json/json-value.ts';
import { compileGlob } from '../glob/glob.ts';
import { parsePropertyPath, selectPaths, valueAtPath } from '../property-path/property-path.ts';
import { defaultPushRules } from './default-push-rules.ts';
import { compilePushRules } from './evaluate.ts';
import { parsePushRule } from './parse-push-rule.ts';
import { pushEvent } from './push-event.ts';

const me = userId('@me:one');
const kinds = ['override', 'content', 'room', 'sender', 'underride'] as const;
const conditionKinds = [
  'event_match',
  'event_property_is',
  'event_property_contains',
  'contains_display_name',
  'room_member_count',
  'sender_notification_permission',
  'org.example.unknown',
] as const;

function randomRule(random: Random): JsonObject {
  const condition = (): JsonValue =>
    random.isOneIn(10)
      ? randomValue(random, 2)
      : {
          kind: random.oneOf(conditionKinds),
          key: random.oneOf(['content.body', 'type', 'content', 'content.list', randomText(random)]),
          pattern: random.oneOf(['*', 'a*?', '?', '', randomText(random)]),
          value: randomValue(random, 0),
          is: random.oneOf(['2', '<3', '>=0', '==', '', '999999999999999999']),
        };
  return {
    actions: random.isOneIn(10)
      ? randomValue(random, 2)
      : ['notify', { set_tweak: 'highlight' }].slice(random.below(2)),
    pattern: random.isOneIn(10) ? randomValue(random, 1) : randomText(random),
    conditions: Array.from({ length: random.below(3) }, condition),
  };
}

function assert(holds: boolean, about: unknown): void {
  if (!holds) throw new Error(JSON.stringify(about));
}

describe('push rules', () => {
  it('of any form are refused, or decide about any event', { timeout: caseTimeout }, () => {
    const outcomes = new Set<string>();
    forCases((random) => {
      const kind = random.oneOf(kinds);
      const body = randomRule(random);
      const rule = parsePushRule(kind, randomText(random), body);
      outcomes.add(rule.ok ? 'ok' : rule.error);
      if (!rule.ok) return;
      const rules = { ...defaultPushRules(me), [kind]: [rule.value] };
      const content = randomValue(random, 3);
      const event = pushEvent(
        { type: 'm.room.message', sender: '@you:two', content },
        'm.room.message',
        '@you:two',
        '!r:one',
      );
      const decision = compilePushRules(me, rules).evaluate(event, {
        memberCount: random.below(4),
        displayName: random.isOneIn(3) ? undefined : randomText(random),
        senderMayNotify: () => random.isOneIn(2),
      });
      outcomes.add(String(decision.notify));
      assert(decision.notify === decision.actions.includes('notify'), { kind, body, content });
      assert(!decision.highlight || decision.notify, { kind, body, content });
    });
    for (const outcome of [
      'ok',
      'invalid_rule_id',
      'invalid_actions',
      'invalid_conditions',
      'invalid_pattern',
      'true',
      'false',
    ])
      expect(outcomes).toContain(outcome);
  });
});

describe('property paths', () => {
  it('name what was escaped into them, and lead to own values', { timeout: caseTimeout }, () => {
    forCases((random) => {
      const names = Array.from({ length: 1 + random.below(3) }, () => randomText(random));
      const path = names.map((name) => name.replace(/[\\.]/g, (character) => `\\${character}`)).join('.');
      assert(JSON.stringify(parsePropertyPath(path)) === JSON.stringify(names), path);
      const value = randomValue(random, 4);
      const object = isJsonObject(value) ? value : {};
      let expected: unknown = object;
      for (const name of names)
        expected = isJsonObject(expected) ? Object.entries(expected).find(([key]) => key === name)?.[1] : undefined;
      const found = valueAtPath(object, names);
      assert(found === expected, { path, object });
      const selected = selectPaths(object, [names]);
      assert(JSON.stringify(valueAtPath(selected, names)) === JSON.stringify(found), { path, object });
    });
  });
});

describe('globs', () => {
  it('match what they match by trying everything', { timeout: caseTimeout }, () => {
    let matching = 0;
    forCases((random) => {
      const text = Array.from({ length: random.below(8) }, () => random.oneOf(['a', 'b', '😀', ' '])).join('');
      const pattern = Array.from({ length: random.below(6) }, () => random.oneOf(['a', 'b', '😀', '*', '?', ' '])).join(
        '',
      );
      const glob = compileGlob(pattern, { ignoreCase: random.isOneIn(2) });
      const expected = matchesByTrying(Array.from(pattern), Array.from(text));
      assert(glob.matches(text) === expected, { pattern, text });
      assert(glob.matchesWord(text) === isWordByTrying(pattern, Array.from(text)), { pattern, text });
      if (expected) matching++;
    });
    expect(matching).toBeGreaterThan(0);
  });
});

function matchesByTrying(pattern: string[], text: string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return matchesByTrying(rest, text) || (text.length > 0 && matchesByTrying(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && matchesByTrying(rest, text.slice(1));
}

function isWordByTrying(pattern: string, text: string[]): boolean {
  const isBoundary = (at: number) =>
    at === 0 || at === text.length || !/\w/.test(text[at - 1] ?? '') || !/\w/.test(text[at] ?? '');
  for (let start = 0; start <= text.length; start++) {
    for (let end = start; end <= text.length; end++) {
      if (!isBoundary(start) || !isBoundary(end)) continue;
      if (matchesByTrying(Array.from(pattern), text.slice(start, end))) return true;
    }
  }
  return false;
}
