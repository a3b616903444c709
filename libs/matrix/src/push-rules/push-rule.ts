import type { JsonValue } from '../canonical-json/json-value.ts';

/** Client-Server API, "Push Rules". */
export type PushRuleKind = 'override' | 'content' | 'room' | 'sender' | 'underride';

/** The kinds in the order in which they are asked. */
export const pushRuleKinds: readonly PushRuleKind[] = ['override', 'content', 'room', 'sender', 'underride'];

/** `dont_notify` and `coalesce` are historical and do nothing; clients that store them get them back. */
export type PushAction =
  | 'notify'
  | 'dont_notify'
  | 'coalesce'
  | { readonly set_tweak: string; readonly value?: JsonValue };

/** A condition of a kind that is not known here never holds. */
export type PushCondition = {
  readonly kind: string;
  readonly key?: string;
  readonly pattern?: string;
  readonly value?: JsonValue;
  readonly is?: string;
};

export type PushRule = {
  readonly rule_id: string;
  /** Whether the server made the rule. */
  readonly default: boolean;
  readonly enabled: boolean;
  readonly actions: readonly PushAction[];
  /** Of override and underride rules. */
  readonly conditions?: readonly PushCondition[];
  /** Of content rules. */
  readonly pattern?: string;
};

/** A user's rules, each kind with the highest priority first: what GET /pushrules answers as `global`. */
export type PushRuleset = Readonly<Record<PushRuleKind, readonly PushRule[]>>;
