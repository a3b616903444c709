import { parse, stringify } from 'yaml';
import { isTree, listAt, type Tree, textAt } from '../chart/kubernetes-object.ts';

/** Stands in an expression where the chart writes the threshold. */
const placeholder = '%THRESHOLD%';

export interface AlertSettings {
  readonly name: string;
  /** Undefined: the alert compares with nothing that can be chosen. */
  readonly threshold: string | undefined;
}

/** Alerts of a rules file, with the number that each compares with. */
export const alertSettings = (rules: string): AlertSettings[] =>
  alertsIn(rules).map((rule) => ({ name: textAt(rule, 'alert'), threshold: thresholdOf(textAt(rule, 'expr')) }));

/** A rules file in the form that the chart fills in: each alert's threshold apart from its expression, which has a placeholder. */
export const chartRules = (rules: string): string => {
  const tree: unknown = parse(rules);
  const groups = listAt(tree, 'groups').map((group) => ({
    name: textAt(group, 'name'),
    rules: listAt(group, 'rules').map((rule) => (isTree(rule) && 'alert' in rule ? withPlaceholder(rule) : rule)),
  }));
  return stringify({ groups }, { lineWidth: 0 });
};

const alertsIn = (rules: string): Tree[] =>
  listAt(parse(rules), 'groups')
    .flatMap((group) => listAt(group, 'rules'))
    .filter(isTree)
    .filter((rule) => 'alert' in rule);

const comparison = /([<>]=?) (\d+(?:\.\d+)?(?: \* \d+(?:\.\d+)?)*)(?![\w.%])/;

const thresholdOf = (expression: string): string | undefined => comparison.exec(expression)?.[2];

/** The first comparison with a number is the alert's; the same comparison elsewhere in the expression goes with it. */
const withPlaceholder = ({ alert, expr, ...rest }: Tree): Tree => {
  const expression = String(expr).trim();
  const [whole, operator, threshold] = comparison.exec(expression) ?? [];
  if (whole === undefined || threshold === undefined) return { alert, expr: expression, ...rest };
  const same = new RegExp(`${whole.replaceAll(/[.*]/g, '\\$&')}(?![\\w.])`, 'g');
  return { alert, expr: expression.replaceAll(same, `${operator} ${placeholder}`), threshold, ...rest };
};
