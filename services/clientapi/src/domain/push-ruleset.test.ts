import { isUserId, type PushRule, type PushRuleset, type UserId } from '@plexus/matrix';
import { describe, expect, test } from 'vitest';
import { findRule, maxPushRules, rulesetOf, withChange, withoutRule, withRule } from './push-ruleset.ts';

function user(id: string): UserId {
  if (!isUserId(id)) throw new TypeError(id);
  return id;
}

const alice = user('@alice:example.org');
const fresh = rulesetOf(alice, undefined);
const nowhere = { before: undefined, after: undefined };

function own(ruleId: string): PushRule {
  return { rule_id: ruleId, default: false, enabled: true, actions: ['notify'], conditions: [] };
}

function add(ruleset: PushRuleset, ruleId: string, place: { before?: string; after?: string } = {}): PushRuleset {
  const changed = withRule(ruleset, 'override', own(ruleId), { ...nowhere, ...place });
  if (!changed.ok) throw new TypeError(changed.error);
  return changed.value;
}

/** What comes back when the rules are stored as account data and read again. */
function stored(ruleset: PushRuleset): PushRuleset {
  return rulesetOf(alice, { global: JSON.parse(JSON.stringify(ruleset)) });
}

const ids = (ruleset: PushRuleset) => ruleset.override.map((rule) => rule.rule_id);

test('a user who changed nothing has the default rules', () => {
  expect(ids(fresh)[0]).toBe('.m.rule.master');
  expect(stored(fresh)).toEqual(fresh);
});

test('own rules come after the master rule and before all others, the newest first', () => {
  expect(ids(add(add(fresh, 'one'), 'two')).slice(0, 4)).toEqual([
    '.m.rule.master',
    'two',
    'one',
    '.m.rule.suppress_notices',
  ]);
});

test('before and after put a rule beside another of the user only', () => {
  const two = add(add(fresh, 'one'), 'two');
  expect(ids(add(two, 'three', { after: 'two' })).slice(1, 4)).toEqual(['two', 'three', 'one']);
  expect(ids(add(two, 'three', { before: 'one' })).slice(1, 4)).toEqual(['two', 'three', 'one']);
  for (const neighbour of ['.m.rule.master', 'nobody'])
    expect(withRule(two, 'override', own('three'), { before: neighbour, after: undefined })).toEqual({
      ok: false,
      error: 'unknown_neighbour',
    });
});

test('a rule that is put again keeps its place and its switch', () => {
  const off = withChange(add(add(fresh, 'one'), 'two'), 'override', 'one', { enabled: false });
  const again = off === undefined ? undefined : add(off, 'one');
  expect(again === undefined ? [] : ids(again).slice(1, 3)).toEqual(['two', 'one']);
  expect(again === undefined ? undefined : findRule(again, 'override', 'one')?.enabled).toBe(false);
});

describe('default rules', () => {
  test('can be switched and given other actions, and that is kept', () => {
    const changed = withChange(fresh, 'underride', '.m.rule.message', { enabled: false, actions: [] });
    const read = changed === undefined ? undefined : stored(changed);
    expect(read === undefined ? undefined : findRule(read, 'underride', '.m.rule.message')).toMatchObject({
      enabled: false,
      actions: [],
      default: true,
    });
  });

  test('cannot be taken away', () => {
    expect(withoutRule(fresh, 'underride', '.m.rule.message')).toBeUndefined();
  });
});

test('own rules are kept and can be taken away', () => {
  const read = stored(add(fresh, 'one'));
  expect(findRule(read, 'override', 'one')).toEqual(own('one'));
  const without = withoutRule(read, 'override', 'one');
  expect(without).toEqual(fresh);
  expect(withoutRule(fresh, 'override', 'one')).toBeUndefined();
  expect(withChange(fresh, 'override', 'one', { enabled: true })).toBeUndefined();
});

test('what is stored and broken is left out', () => {
  const global = { override: [{ rule_id: 'x', actions: 'no' }, 7, { rule_id: 3 }], underride: 'x' };
  expect(rulesetOf(alice, { global })).toEqual(fresh);
  expect(rulesetOf(alice, { global: null })).toEqual(fresh);
});

describe('the work that stored push rules make is bounded', () => {
  const tooMany = { ok: false, error: 'too_many_rules' };

  test.each(['override', 'content', 'underride'] as const)('by the number of %s rules', (kind) => {
    const full = { ...fresh, [kind]: Array.from({ length: maxPushRules.searching }, (_, n) => own(`rule${n}`)) };
    expect(withRule(full, kind, own('more'), nowhere)).toEqual(tooMany);
    expect(withRule(full, kind, own('rule1'), nowhere).ok).toBe(true);
    expect(withRule(full, 'room', own('!room:example.org'), nowhere).ok).toBe(true);
  });

  test('by the text of all patterns, and by the number of conditions', () => {
    const pattern = 'a'.repeat(2048);
    const full = { ...fresh, content: Array.from({ length: 8 }, (_, n) => ({ ...own(`rule${n}`), pattern })) };
    expect(withRule(full, 'content', { ...own('more'), pattern: 'word' }, nowhere)).toEqual(tooMany);
    const conditions = Array(maxPushRules.conditions + 1).fill({ kind: 'contains_display_name' });
    expect(withRule(fresh, 'override', { ...own('more'), conditions }, nowhere)).toEqual(tooMany);
  });

  test('and by the number of rooms and senders', () => {
    const full = { ...fresh, room: Array.from({ length: maxPushRules.ofRoomsAndSenders }, (_, n) => own(`!${n}:a.b`)) };
    expect(withRule(full, 'sender', own('@a:a.b'), nowhere)).toEqual(tooMany);
  });
});

test('historical actions stay as the client stored them', () => {
  const rule: PushRule = { ...own('quiet'), actions: ['dont_notify'] };
  const changed = withRule(fresh, 'override', rule, nowhere);
  expect(changed.ok && findRule(stored(changed.value), 'override', 'quiet')?.actions).toEqual(['dont_notify']);
});
