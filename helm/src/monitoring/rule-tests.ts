import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { repository } from '../chart/generated-files.ts';
import { isTree, listAt, type Tree, textAt, treeAt } from '../chart/kubernetes-object.ts';
import type { Labels, TargetLabels } from './target-labels.ts';

const run = promisify(execFile);

/** A test of promtool, as deploy/prometheus/tests holds them: `NAME fires` or `NAME does not fire`. */
export interface RuleTest {
  readonly alert: string;
  readonly fires: boolean;
  readonly tree: Tree;
}

export const shippedRuleTests = (): RuleTest[] =>
  globSync('deploy/prometheus/tests/*.yaml', { cwd: repository })
    .toSorted()
    .flatMap((file) => listAt(parse(readFileSync(join(repository, file), 'utf8')), 'tests'))
    .filter(isTree)
    .map((tree) => {
      const [check] = listAt(tree, 'alert_rule_test');
      return { alert: textAt(check, 'alertname'), fires: listAt(check, 'exp_alerts').length > 0, tree };
    });

/** An installation as Prometheus sees it. */
export interface Installation {
  readonly targets: TargetLabels;
  /** Of Kubernetes; undefined elsewhere. */
  readonly release: { readonly namespace: string; readonly fullname: string } | undefined;
  /** Annotations of each of its alerts, but for the summary, which the tests hold. */
  readonly annotations: ReadonlyMap<string, Labels>;
}

/** The test with the series of this installation instead of those that were made by hand. */
export const ofInstallation = ({ tree, ...test }: RuleTest, installation: Installation): RuleTest => ({
  ...test,
  tree: {
    ...tree,
    input_series: listAt(tree, 'input_series').map((series) => ({
      ...(isTree(series) ? series : {}),
      series: seriesOf(textAt(series, 'series'), installation),
    })),
    alert_rule_test: listAt(tree, 'alert_rule_test').map((check) => ({
      ...(isTree(check) ? check : {}),
      exp_alerts: listAt(check, 'exp_alerts').map((alert) => expected(test.alert, alert, installation)),
    })),
  },
});

const seriesOf = (text: string, installation: Installation): string => {
  const [, name = '', body = ''] = /^(\w+)\{(.*)\}$/.exec(text) ?? [];
  const labels: Labels = Object.fromEntries(
    [...body.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const all: Labels = { ...labels, ...targetOf(labels, installation) };
  const pairs = Object.entries(all).map(([key, value]) => `${key}="${ofRelease(value, installation)}"`);
  return `${name}{${pairs.join(',')}}`;
};

/** Labels of the target that a series comes from; none for series of other programs. One process that holds all has the labels of any. */
const targetOf = (labels: Labels, { targets, release }: Installation): Labels => {
  if (labels['app'] !== 'plexus') return release === undefined ? {} : { namespace: release.namespace };
  const job = labels['job'] ?? '';
  const target = targets.get(job) ?? { ...[...targets.values()][0], job };
  if (target['app'] === undefined && target['job'] === job) return withoutApp(target);
  return target;
};

/** A target without the label must lose it: that is what the test is for. */
const withoutApp = (target: Labels): Labels => ({ ...target, app: '' });

const expected = (alert: string, tree: unknown, installation: Installation): Tree => {
  const labels = Object.fromEntries(
    Object.entries(treeAt(tree, 'exp_labels')).map(([key, value]) => [key, String(value)]),
  );
  const isRaw = labels['app'] === 'plexus' && labels['instance'] !== undefined;
  const target = targetOf({ app: 'plexus', ...labels }, installation);
  const { namespace, installation: name } = target;
  const isOurs = labels['namespace'] === undefined;
  const kept = { ...(namespace && { namespace }), ...(name && { installation: name }) };
  const added = isRaw ? target : isOurs ? kept : installation.release && { namespace: installation.release.namespace };
  return {
    exp_labels: mapValues({ ...labels, ...added }, (value) => ofRelease(value, installation)),
    exp_annotations: {
      ...installation.annotations.get(alert),
      summary: ofRelease(textAt(tree, 'exp_annotations.summary'), installation),
    },
  };
};

/** Names of objects in the hand-made series are those of a release `plexus` in the namespace `chat`. */
const ofRelease = (text: string, { release }: Installation): string =>
  release === undefined
    ? text
    : text
        .replaceAll(/\bchat\/plexus-/g, `${release.namespace}/${release.fullname}-`)
        .replaceAll(/(^|data-)plexus-(?=\w)/g, `$1${release.fullname}-`);

const mapValues = (labels: Labels, change: (value: string) => string): Labels =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, change(value)]));

/** The same test with no alert expected. */
export const silent = (test: RuleTest): RuleTest => ({
  ...test,
  fires: false,
  tree: {
    ...test.tree,
    alert_rule_test: listAt(test.tree, 'alert_rule_test').map((check) => ({
      ...(isTree(check) ? check : {}),
      exp_alerts: [],
    })),
  },
});

/** One test with the series of both; what is expected is what the first expects. */
export const beside = (test: RuleTest, other: RuleTest): RuleTest => ({
  ...test,
  tree: { ...test.tree, input_series: [...listAt(test.tree, 'input_series'), ...listAt(other.tree, 'input_series')] },
});

/** Runs promtool on rules (by file name → content) with these tests. Answers what it says when they fail, else nothing. */
export const promtoolFailures = async (
  rules: Readonly<Record<string, string>>,
  tests: readonly RuleTest[],
): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'plexus-rules-'));
  for (const [name, content] of Object.entries(rules)) writeFileSync(join(folder, name), content);
  const file = join(folder, 'tests.yaml');
  const trees = tests.map(({ tree }) => tree);
  writeFileSync(
    file,
    stringify({ rule_files: Object.keys(rules), evaluation_interval: '1m', tests: trees }, { lineWidth: 0 }),
  );
  try {
    await run('promtool', ['test', 'rules', file], { maxBuffer: 1 << 26 });
    return '';
  } catch (error) {
    return isTree(error) ? `${textAt(error, 'stdout')}${textAt(error, 'stderr')}` : String(error);
  }
};
