import {
  defaultPushRules,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
  type PushAction,
  type PushRule,
  type PushRuleKind,
  type PushRuleset,
  parsePushActions,
  parsePushRule,
  pushRuleKinds,
  type Result,
  type UserId,
} from '@plexus/matrix';

/** Where a rule goes among the user's own of its kind: before or after another, first without either. */
export interface RulePlace {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * A user's rules: those every user has, with what the user changed of them, and the user's own before them. `stored` is the
 * content of the account data `m.push_rules`. Client-server API, "Push Rules".
 */
export function rulesetOf(userId: UserId, stored: JsonObject | undefined): PushRuleset {
  const defaults = defaultPushRules(userId);
  const global = stored === undefined ? undefined : ownValue(stored, 'global');
  return mapKinds((kind) => merged(kind, defaults[kind], rulesIn(global, kind)));
}

/** Whether the text names a kind of rules. */
export function isPushRuleKind(text: string): text is PushRuleKind {
  return pushRuleKinds.some((kind) => kind === text);
}

export function findRule(ruleset: PushRuleset, kind: PushRuleKind, ruleId: string): PushRule | undefined {
  return ruleset[kind].find((rule) => rule.rule_id === ruleId);
}

/**
 * What a user's own rules may be together, since all of them are asked about every message: rules that look into the event, their
 * conditions, and the text of their patterns in UTF-16 units. Rules of a room or a sender cost next to nothing.
 */
export const maxPushRules = { searching: 300, conditions: 1000, patternText: 16_384, ofRoomsAndSenders: 5000 } as const;

function isTooMuch(ruleset: PushRuleset): boolean {
  const searching = [...ruleset.override, ...ruleset.content, ...ruleset.underride].filter((rule) => !rule.default);
  const conditions = searching.flatMap((rule) => rule.conditions ?? []);
  const patterns = [...searching, ...conditions].map(({ pattern }) => pattern?.length ?? 0);
  return (
    searching.length > maxPushRules.searching ||
    conditions.length > maxPushRules.conditions ||
    patterns.reduce((sum, length) => sum + length, 0) > maxPushRules.patternText ||
    ruleset.room.length + ruleset.sender.length > maxPushRules.ofRoomsAndSenders
  );
}

/** With a rule of the user's own; one of the same id is replaced, but stays switched on or off. */
export function withRule(
  ruleset: PushRuleset,
  kind: PushRuleKind,
  rule: PushRule,
  place: RulePlace,
): Result<PushRuleset, 'unknown_neighbour' | 'too_many_rules'> {
  const rules = withRuleAt(ruleset[kind], rule, place);
  if (rules === undefined) return { ok: false, error: 'unknown_neighbour' };
  const value = withKind(ruleset, kind, rules);
  return isTooMuch(value) ? { ok: false, error: 'too_many_rules' } : { ok: true, value };
}

function withRuleAt(rules: readonly PushRule[], rule: PushRule, place: RulePlace): readonly PushRule[] | undefined {
  const existing = rules.find((other) => other.rule_id === rule.rule_id);
  const next = existing === undefined ? rule : { ...rule, enabled: existing.enabled };
  if (existing !== undefined && place.before === undefined && place.after === undefined)
    return rules.map((other) => (other === existing ? next : other));
  const others = rules.filter((other) => other !== existing);
  const index = placeAmong(others, place);
  return index === undefined ? undefined : others.toSpliced(index, 0, next);
}

/** Without a rule of the user's own; undefined when there is none of this id, or it is a default rule. */
export function withoutRule(ruleset: PushRuleset, kind: PushRuleKind, ruleId: string): PushRuleset | undefined {
  const rule = findRule(ruleset, kind, ruleId);
  if (rule === undefined || rule.default) return undefined;
  return withKind(
    ruleset,
    kind,
    ruleset[kind].filter((other) => other !== rule),
  );
}

/** With one rule switched, or with other actions; undefined when there is none of this id. */
export function withChange(
  ruleset: PushRuleset,
  kind: PushRuleKind,
  ruleId: string,
  change: { readonly enabled?: boolean; readonly actions?: readonly PushAction[] },
): PushRuleset | undefined {
  if (findRule(ruleset, kind, ruleId) === undefined) return undefined;
  const rules = ruleset[kind].map((rule) => (rule.rule_id === ruleId ? { ...rule, ...change } : rule));
  return withKind(ruleset, kind, rules);
}

/** `.m.rule.master` stands above all; a user's own rules come next, then the defaults. */
function merged(kind: PushRuleKind, defaults: readonly PushRule[], stored: readonly JsonObject[]): PushRule[] {
  const changed = defaults.map((rule) => withStoredChanges(rule, stored));
  const own = stored.flatMap((item) => ownRule(kind, item));
  const isMaster = (rule: PushRule) => rule.rule_id === '.m.rule.master';
  return [...changed.filter(isMaster), ...own, ...changed.filter((rule) => !isMaster(rule))];
}

function withStoredChanges(rule: PushRule, stored: readonly JsonObject[]): PushRule {
  const item = stored.find((candidate) => ownValue(candidate, 'rule_id') === rule.rule_id);
  if (item === undefined) return rule;
  const enabled = ownValue(item, 'enabled');
  const actions = parsePushActions(ownValue(item, 'actions'));
  return {
    ...rule,
    enabled: typeof enabled === 'boolean' ? enabled : rule.enabled,
    actions: actions ?? rule.actions,
  };
}

function ownRule(kind: PushRuleKind, item: JsonObject): PushRule[] {
  const ruleId = ownValue(item, 'rule_id');
  if (typeof ruleId !== 'string' || ownValue(item, 'default') === true) return [];
  const parsed = parsePushRule(kind, ruleId, item);
  return parsed.ok ? [{ ...parsed.value, enabled: ownValue(item, 'enabled') !== false }] : [];
}

function rulesIn(global: JsonValue | undefined, kind: PushRuleKind): JsonObject[] {
  const rules = isJsonObject(global) ? ownValue(global, kind) : undefined;
  return Array.isArray(rules) ? rules.filter(isJsonObject) : [];
}

/** Where in the list the rule goes; undefined when the neighbour is not one of the user's own rules. */
function placeAmong(rules: readonly PushRule[], { before, after }: RulePlace): number | undefined {
  const neighbour = before ?? after;
  if (neighbour === undefined) return rules.filter((rule) => rule.rule_id === '.m.rule.master').length;
  const index = rules.findIndex((rule) => rule.rule_id === neighbour && !rule.default);
  if (index < 0) return undefined;
  return before === undefined ? index + 1 : index;
}

function withKind(ruleset: PushRuleset, kind: PushRuleKind, rules: readonly PushRule[]): PushRuleset {
  return { ...ruleset, [kind]: rules };
}

function mapKinds(rulesOf: (kind: PushRuleKind) => readonly PushRule[]): PushRuleset {
  return {
    override: rulesOf('override'),
    content: rulesOf('content'),
    room: rulesOf('room'),
    sender: rulesOf('sender'),
    underride: rulesOf('underride'),
  };
}
