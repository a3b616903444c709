import { compileGlob } from '../glob/glob.ts';
import type { UserId } from '../identifiers/user-id.ts';
import { type Condition, compileCondition, type PushContext } from './conditions.ts';
import type { PushEvent } from './push-event.ts';
import { type PushAction, type PushRule, type PushRuleKind, type PushRuleset, pushRuleKinds } from './push-rule.ts';

/** What the rules of a user say about an event. */
export type PushDecision = {
  /** Whether it counts as a notification and goes to the pushers. */
  readonly notify: boolean;
  readonly highlight: boolean;
  readonly actions: readonly PushAction[];
};

/** A user's rules, made ready to be asked about many events. */
export type PushEvaluator = { readonly evaluate: (event: PushEvent, context: PushContext) => PushDecision };

const silence: PushDecision = { notify: false, highlight: false, actions: [] };

/**
 * The first rule that is enabled and matches decides; a user's own events never notify. Client-Server API, "Push Rules".
 */
export function compilePushRules(userId: UserId, ruleset: PushRuleset): PushEvaluator {
  const rules = pushRuleKinds.flatMap((kind) =>
    ruleset[kind].filter((rule) => rule.enabled).map((rule) => compile(kind, rule)),
  );
  return {
    evaluate: (event, context) => {
      if (event.sender === userId) return silence;
      return rules.find((rule) => rule.conditions.every((holds) => holds(event, context)))?.decision ?? silence;
    },
  };
}

type CompiledRule = { readonly conditions: readonly Condition[]; readonly decision: PushDecision };

function compile(kind: PushRuleKind, rule: PushRule): CompiledRule {
  return { conditions: conditionsOf(kind, rule), decision: decisionOf(rule.actions) };
}

function conditionsOf(kind: PushRuleKind, rule: PushRule): Condition[] {
  switch (kind) {
    case 'override':
    case 'underride':
      return (rule.conditions ?? []).map(compileCondition);
    case 'content':
      return [bodyContains(rule.pattern ?? '')];
    case 'room':
      return [(event) => event.roomId === rule.rule_id];
    case 'sender':
      return [(event) => event.sender === rule.rule_id];
  }
}

function bodyContains(pattern: string): Condition {
  const glob = compileGlob(pattern, { ignoreCase: true });
  return (event) => {
    const body = event.property('content.body');
    return typeof body === 'string' && glob.matchesWord(body);
  };
}

function decisionOf(actions: readonly PushAction[]): PushDecision {
  const notify = actions.includes('notify');
  const highlight = actions.some(
    (action) => typeof action === 'object' && action.set_tweak === 'highlight' && action.value !== false,
  );
  return { notify, highlight: notify && highlight, actions };
}
