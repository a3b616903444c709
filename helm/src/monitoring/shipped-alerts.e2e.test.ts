import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { repository } from '../chart/generated-files.ts';
import { isTree, listAt, type Tree, textAt, treeAt } from '../chart/kubernetes-object.ts';
import { helm, objectsIn } from '../chart/render-chart.ts';
import { beside, type Installation, ofInstallation, promtoolFailures, shippedRuleTests, silent } from './rule-tests.ts';
import { type Labels, podMonitorTargets, scrapeConfigTargets } from './target-labels.ts';

const tests = shippedRuleTests();
const jobs = [
  'appservice',
  'clientapi',
  'federationapi',
  'gateway',
  'mediaapi',
  'roomserver',
  'syncapi',
  'typing',
  'userapi',
];
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

interface Shipped extends Installation {
  readonly rules: Readonly<Record<string, string>>;
}

/** Rules and targets of a rendered release. */
const rendered = async (
  release: string,
  namespace: string,
  fullname: string,
  ...options: string[]
): Promise<Shipped> => {
  const enabled = ['monitoring.podMonitors.enabled=true', 'monitoring.rules.enabled=true'];
  const sets = [...enabled, ...options].flatMap((option) => ['--set', option]);
  const values = ['--values', 'ci/default-values.yaml', ...sets];
  const { stdout } = await helm('template', release, '.', '--namespace', namespace, ...values);
  const objects = objectsIn(stdout);
  const ruleObjects = objects.filter(({ kind }) => kind === 'PrometheusRule');
  return {
    targets: podMonitorTargets(objects),
    release: { namespace, fullname },
    annotations: annotationsOf(ruleObjects.flatMap((object) => listAt(object, 'spec.groups'))),
    rules: Object.fromEntries(
      ruleObjects.map((object) => [`${textAt(object, 'metadata.name')}.yaml`, stringify(treeAt(object, 'spec'))]),
    ),
  };
};

const inCompose = (): Shipped => {
  const rules = {
    'recording.yaml': read('deploy/prometheus/recording.yaml'),
    'alerts.yaml': read('deploy/prometheus/alerts.yaml'),
  };
  return {
    targets: scrapeConfigTargets(parse(read('deploy/compose/prometheus.yaml'))),
    release: undefined,
    annotations: annotationsOf(listAt(parse(rules['alerts.yaml']), 'groups')),
    rules,
  };
};

const annotationsOf = (groups: readonly unknown[]): ReadonlyMap<string, Labels> =>
  new Map(
    groups
      .flatMap((group) => listAt(group, 'rules'))
      .filter((rule): rule is Tree => isTree(rule) && 'alert' in rule)
      .map((rule) => {
        const { summary: _, ...rest } = treeAt(rule, 'annotations');
        return [
          textAt(rule, 'alert'),
          Object.fromEntries(Object.entries(rest).map(([key, text]) => [key, String(text)])),
        ];
      }),
  );

test('targets of compose have the labels of the series that the shipped tests are written with', () => {
  const shipped = inCompose();
  for (const job of jobs) expect(shipped.targets.get(job), job).toMatchObject({ app: 'plexus', job });
  for (const one of tests) expect(ofInstallation(one, shipped)).toEqual(one);
});

describe('with the labels that targets have by the PodMonitors of a release', () => {
  let shipped: Shipped;
  beforeAll(async () => {
    // The names of objects have nothing of `plexus` in them.
    shipped = await rendered('chat', 'messages', 'homeserver', 'fullnameOverride=homeserver');
  });

  test('every process is a target with the labels that rules and dashboards expect', () => {
    for (const job of jobs)
      expect(shipped.targets.get(job), job).toMatchObject({
        app: 'plexus',
        job,
        installation: 'homeserver',
        namespace: 'messages',
      });
  });

  test('every shipped alert fires when it shall, and not when it shall not', async () => {
    const own = tests.map((one) => ofInstallation(one, shipped));
    expect(own.length).toBeGreaterThan(90);
    expect(await promtoolFailures(shipped.rules, own)).toBe('');
  });
});

describe('installations beside each other', () => {
  test('the rules of a release do not mind what another one does, in another namespace or in the same', async () => {
    const own = await rendered('chat', 'chat', 'chat-plexus');
    const [staging, second] = [
      await rendered('chat', 'staging', 'chat-plexus'),
      await rendered('second', 'chat', 'second-plexus'),
    ];
    // Whoever is absent is missed: the neighbour is no replacement. Volumes are known by their names alone, within the namespace.
    const ofNeighbours = tests
      .filter(({ alert, fires }) => fires && alert !== 'PlexusServiceAbsent' && alert !== 'PlexusPostgresDiskFull')
      .map((one) => silent(beside(ofInstallation(one, staging), ofInstallation(one, second))));
    expect(await promtoolFailures(own.rules, ofNeighbours)).toBe('');
  });

  test('the shared rules judge each apart: what is well in one hides nothing of the other and adds nothing', async () => {
    const shared = inCompose();
    const one: Installation = { ...shared, targets: (await rendered('chat', 'chat', 'chat-plexus')).targets };
    const two: Installation = { ...shared, targets: (await rendered('chat', 'staging', 'chat-plexus')).targets };
    const pairs = tests
      .filter(({ fires, tree }) => fires && JSON.stringify(tree).includes('app=\\"plexus\\"'))
      .flatMap((firing) => {
        const quiet = tests.find(
          ({ alert, fires, tree }) =>
            alert === firing.alert && !fires && JSON.stringify(tree).includes('app=\\"plexus\\"'),
        );
        return quiet === undefined ? [] : [beside(ofInstallation(firing, one), ofInstallation(quiet, two))];
      });
    expect(pairs.length).toBeGreaterThan(40);
    expect(await promtoolFailures(shared.rules, pairs)).toBe('');
  });
});

test('an alert says where its page is by an absolute URL, and what is on it', async () => {
  const plain = await rendered('chat', 'chat', 'chat-plexus');
  for (const annotations of plain.annotations.values()) {
    expect(annotations['description']).toMatch(/## How to look[\s\S]+## What to do/);
    expect(annotations).not.toHaveProperty('runbook_url');
  }
  const published = await rendered(
    'chat',
    'chat',
    'chat-plexus',
    'monitoring.rules.runbookUrl=https://docs.example.org/runbooks',
  );
  for (const [alert, annotations] of published.annotations)
    expect(annotations['runbook_url']).toBe(`https://docs.example.org/runbooks/${alert}.md`);
});

test('alerts are switched off, moved and renamed in severity by values, one by one', async () => {
  const { rules } = await rendered(
    'chat',
    'chat',
    'chat-plexus',
    'monitoring.rules.alerts.PlexusEventSendSlow.for=10m',
    'monitoring.rules.alerts.PlexusEventSendSlow.severity=ticket',
    'monitoring.rules.alerts.PlexusEventSendSlow.labels.team=chat',
    'monitoring.rules.alerts.PlexusServiceDown.enabled=false',
    'monitoring.rules.alerts.PlexusInitialSyncSlow.threshold=9',
  );
  const alerts = listAt(parse(rules['chat-plexus-alerts.yaml'] ?? ''), 'groups').flatMap((group) =>
    listAt(group, 'rules'),
  );
  const named = (name: string) => alerts.find((rule) => textAt(rule, 'alert') === name);
  expect(named('PlexusServiceDown')).toBeUndefined();
  expect(named('PlexusEventSendSlow')).toMatchObject({
    for: '10m',
    labels: { severity: 'ticket', team: 'chat' },
  });
  expect(textAt(named('PlexusInitialSyncSlow'), 'expr')).toMatch(/ > 9$/);
  expect(textAt(named('PlexusDeliverySlow'), 'expr')).toMatch(/ > 2\.5$/);
});
