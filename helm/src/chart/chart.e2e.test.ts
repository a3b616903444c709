import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configErrors } from './config-errors.ts';
import {
  componentOf,
  containersOf,
  isTree,
  listAt,
  nameOf,
  podsOf,
  type Tree,
  textAt,
  treeAt,
} from './kubernetes-object.ts';
import { goodValues, helm, objectsIn, renderText, valuesIn, wrongValues } from './render-chart.ts';
import { customErrors, isCustom, kubernetesSchema, type Validate } from './schema-errors.ts';
import { graphOf } from './service-graph.ts';

const run = promisify(execFile);
const schemas = process.env['PLEXUS_TEST_KUBERNETES_SCHEMAS'] ?? '';
/** The oldest that the chart takes, and the newest there is. */
const versions = ['1.28.0', '1.37.0'];
let validators: readonly Validate[];

beforeAll(() => {
  validators = versions.map((version) => kubernetesSchema(schemas, version));
});

test('helm finds nothing wrong with it', async () => {
  const { stdout } = await helm('lint', '.', '--strict', '--values', 'ci/default-values.yaml');
  expect(stdout).toContain('0 chart(s) failed');
});

test('there are values files for every way to install it', () => {
  const names = goodValues().map((file) => file.slice('ci/'.length, -'-values.yaml'.length));
  const ways = [
    'all-on',
    'default',
    'dual-stack',
    'external-cnpg',
    'external-zalando',
    'gateway-api',
    'ingress',
    'minimal',
    'one-pod',
    'three-replicas',
    'trial',
  ];
  expect(names).toEqual(expect.arrayContaining(ways));
});

describe('wrong values are refused with a sentence that names the key', () => {
  test.each(wrongValues())('$file: $sentence', async ({ file, sentence }) => {
    await expect(renderText(file)).rejects.toThrow(sentence);
  });
});

test('the schemas are strict, so that they can find anything', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { portz: [] } };
  for (const validate of validators) expect(validate(service).join()).toContain('portz');
  expect(
    customErrors({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', spec: { selector: 7 } }),
  ).not.toEqual([]);
});

describe.each(goodValues())('%s', (file) => {
  const services = Object.keys(graphOf(valuesIn(file)));
  let text: string;
  let objects: Tree[];
  beforeAll(async () => {
    text = await renderText(file);
    objects = objectsIn(text);
  });

  test('every object keeps its schema, in the oldest and the newest Kubernetes', () => {
    const errors = objects.flatMap((object) => {
      const found = isCustom(object) ? customErrors(object) : validators.flatMap((validate) => validate(object));
      return found.map((error) => `${nameOf(object)}: ${error}`);
    });
    expect(errors).toEqual([]);
  });

  test('kube-score finds nothing critical', async () => {
    const rendered = join(mkdtempSync(join(tmpdir(), 'plexus-chart-')), 'rendered.yaml');
    writeFileSync(rendered, text);
    const scored = await run('kube-score', ['score', '--output-format', 'ci', rendered], { maxBuffer: 1 << 26 }).catch(
      (error: unknown) => ({ stdout: isTree(error) ? textAt(error, 'stdout') : String(error) }),
    );
    expect(scored.stdout).toContain('[OK]');
    expect(scored.stdout.split('\n').filter((line) => line.includes('CRITICAL'))).toEqual([]);
  });

  test('no two objects have one name, and each carries the labels of the release', () => {
    const names = objects.map(nameOf);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const object of objects)
      expect(treeAt(object, 'metadata.labels'), nameOf(object)).toMatchObject({
        'app.kubernetes.io/instance': 'chat',
        'app.kubernetes.io/part-of': 'plexus',
      });
  });

  test('Pod Security "restricted" holds for every pod without exception', () => {
    const pods = podsOf(objects);
    expect(pods.length).toBeGreaterThanOrEqual(services.length);
    for (const pod of pods) {
      expect(pod.spec, pod.name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod.spec[key], pod.name).toBeUndefined();
      const kinds = ['name', 'configMap', 'emptyDir', 'projected', 'secret', 'persistentVolumeClaim'];
      for (const volume of listAt(pod.spec, 'volumes'))
        expect(kinds, pod.name).toEqual(expect.arrayContaining(Object.keys(isTree(volume) ? volume : {})));
      for (const container of containersOf(pod))
        expect(container['securityContext'], `${pod.name} ${textAt(container, 'name')}`).toMatchObject({
          allowPrivilegeEscalation: false,
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  test('every container has requests and limits, and an image that is pinned', () => {
    for (const pod of podsOf(objects))
      for (const container of containersOf(pod)) {
        const where = `${pod.name} ${textAt(container, 'name')}`;
        for (const kind of ['requests', 'limits'])
          expect(Object.keys(treeAt(container, `resources.${kind}`)).toSorted(), where).toEqual([
            'cpu',
            'ephemeral-storage',
            'memory',
          ]);
        expect(textAt(container, 'image'), where).toMatch(/(?::[\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$/);
      }
  });

  test('every service is a Deployment with probes that ask different things, spread and drained, and a budget where it has pods to spare', () => {
    const deployments = objects.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(componentOf).toSorted()).toEqual(services.toSorted());
    for (const deployment of deployments) {
      const [container] = listAt(deployment, 'spec.template.spec.containers');
      const path = (probe: string) => textAt(container, `${probe}.httpGet.path`);
      expect([path('livenessProbe'), path('readinessProbe'), path('startupProbe')]).toEqual([
        '/health/live',
        '/health/ready',
        '/health/live',
      ]);
      const scaler = objects.find(
        (object) =>
          object['kind'] === 'HorizontalPodAutoscaler' && nameOf(object).endsWith(textAt(deployment, 'metadata.name')),
      );
      const pods = Number(textAt(scaler ?? deployment, scaler === undefined ? 'spec.replicas' : 'spec.minReplicas'));
      if (scaler !== undefined) expect(treeAt(deployment, 'spec')).not.toHaveProperty('replicas');
      const budgets = objects.filter(
        (object) => object['kind'] === 'PodDisruptionBudget' && componentOf(object) === componentOf(deployment),
      );
      expect(budgets, nameOf(deployment)).toHaveLength(pods > 1 ? 1 : 0);
      for (const budget of budgets) expect(textAt(budget, 'spec.unhealthyPodEvictionPolicy')).toBe('AlwaysAllow');
    }
  });

  test('the configuration of every process passes the product, and none holds a secret', () => {
    const maps = objects.filter((object) => object['kind'] === 'ConfigMap' && 'config.yaml' in treeAt(object, 'data'));
    expect(maps.length).toBeGreaterThanOrEqual(services.length);
    const secrets = objects
      .filter(({ kind }) => kind === 'Secret')
      .flatMap((object) => Object.values(treeAt(object, 'stringData')).map(String));
    for (const map of maps) {
      const config: unknown = parse(String(treeAt(map, 'data')['config.yaml']));
      expect(configErrors(config), nameOf(map)).toEqual([]);
    }
    const outside = objects.filter(({ kind }) => kind !== 'Secret').map((object) => JSON.stringify(object));
    for (const secret of secrets) expect(outside.filter((object) => object.includes(secret))).toEqual([]);
  });
});
