import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkout, readInCheckout } from './files.ts';

export interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly severity: string;
  readonly summary: string;
  readonly runbook: string;
}

export interface RuleTest {
  readonly alert: string;
  /** Whether the alert is expected to fire. */
  readonly fires: boolean;
}

/** The alerts of deploy/prometheus/alerts.yaml, in their order. */
export function alerts(): Alert[] {
  return rulesOf('deploy/prometheus/alerts.yaml').map((rule) => ({
    name: text(rule, 'alert'),
    expr: text(rule, 'expr'),
    severity: text(field(rule, 'labels'), 'severity'),
    summary: text(field(rule, 'annotations'), 'summary'),
    runbook: text(field(rule, 'annotations'), 'runbook'),
  }));
}

/** Names and expressions of the recording rules. */
export function recordings(): { readonly name: string; readonly expr: string }[] {
  return rulesOf('deploy/prometheus/recording.yaml').map((rule) => ({
    name: text(rule, 'record'),
    expr: text(rule, 'expr'),
  }));
}

export const ruleTestFolder = join(checkout, 'deploy/prometheus/tests');

export function ruleTestFiles(): string[] {
  return readdirSync(ruleTestFolder).filter((name) => name.endsWith('.yaml'));
}

export function ruleTests(): RuleTest[] {
  return ruleTestFiles()
    .flatMap((name) => list(parse(readInCheckout(`deploy/prometheus/tests/${name}`)), 'tests'))
    .flatMap((test) => list(test, 'alert_rule_test'))
    .map((test) => ({ alert: text(test, 'alertname'), fires: list(test, 'exp_alerts').length > 0 }));
}

function rulesOf(path: string): unknown[] {
  return list(parse(readInCheckout(path)), 'groups').flatMap((group) => list(group, 'rules'));
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
}

function list(value: unknown, key: string): unknown[] {
  const found = field(value, key);
  return Array.isArray(found) ? found : [];
}

function text(value: unknown, key: string): string {
  const found = field(value, key);
  if (typeof found !== 'string') throw new Error(`no text at ${key} of ${JSON.stringify(value)}`);
  return found;
}
