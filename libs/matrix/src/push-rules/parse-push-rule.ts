import { isJsonObject, type JsonObject, type JsonValue, ownValue } from '../canonical-json/json-value.ts';
import { MAX_GLOB_LENGTH } from '../glob/glob.ts';
import type { Result } from '../result.ts';
import type { PushAction, PushCondition, PushRule, PushRuleKind } from './push-rule.ts';

export type PushRuleError =
  /** A rule id with `/` or `\`, or one like those the server makes. */
  'invalid_rule_id' | 'invalid_actions' | 'invalid_conditions' | 'invalid_pattern';

/** Reads what a client puts at /pushrules/global/{kind}/{ruleId}. */
export function parsePushRule(kind: PushRuleKind, ruleId: string, body: JsonObject): Result<PushRule, PushRuleError> {
  if (ruleId === '' || ruleId.startsWith('.') || /[/\\]/.test(ruleId)) return { ok: false, error: 'invalid_rule_id' };
  const actions = parsePushActions(ownValue(body, 'actions'));
  if (actions === undefined) return { ok: false, error: 'invalid_actions' };
  const rule = { rule_id: ruleId, default: false, enabled: true, actions };
  if (kind === 'content') {
    const pattern = ownValue(body, 'pattern');
    return typeof pattern === 'string' && pattern.length <= MAX_GLOB_LENGTH
      ? { ok: true, value: { ...rule, pattern } }
      : { ok: false, error: 'invalid_pattern' };
  }
  if (kind === 'room' || kind === 'sender') return { ok: true, value: rule };
  const conditions = parseConditions(ownValue(body, 'conditions') ?? []);
  return conditions === undefined
    ? { ok: false, error: 'invalid_conditions' }
    : { ok: true, value: { ...rule, conditions } };
}

/** Undefined when the value is no list of actions. */
export function parsePushActions(value: JsonValue | undefined): PushAction[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const actions: PushAction[] = [];
  for (const item of value) {
    const action = item === 'notify' || item === 'dont_notify' || item === 'coalesce' ? item : tweakOf(item);
    if (action === undefined) return undefined;
    actions.push(action);
  }
  return actions;
}

function tweakOf(item: JsonValue): PushAction | undefined {
  if (!isJsonObject(item)) return undefined;
  const tweak = ownValue(item, 'set_tweak');
  const value = ownValue(item, 'value');
  if (typeof tweak !== 'string') return undefined;
  return value === undefined ? { set_tweak: tweak } : { set_tweak: tweak, value };
}

function parseConditions(value: JsonValue): PushCondition[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const conditions = value.map(conditionOf);
  return conditions.every((condition) => condition !== undefined) ? conditions : undefined;
}

function conditionOf(item: JsonValue): PushCondition | undefined {
  if (!isJsonObject(item)) return undefined;
  const kind = ownValue(item, 'kind');
  if (typeof kind !== 'string') return undefined;
  const value = ownValue(item, 'value');
  const texts: { key?: string; pattern?: string; is?: string } = {};
  for (const name of ['key', 'pattern', 'is'] as const) {
    const text = ownValue(item, name);
    if (text === undefined) continue;
    if (typeof text !== 'string' || text.length > MAX_GLOB_LENGTH) return undefined;
    texts[name] = text;
  }
  return value === undefined ? { kind, ...texts } : { kind, ...texts, value };
}
