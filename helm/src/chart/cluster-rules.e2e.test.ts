import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { configOf } from './config-errors.ts';
import { repository } from './generated-files.ts';
import {
  at,
  componentOf,
  isTree,
  listAt,
  podsOf,
  selectedComponent,
  type Tree,
  textAt,
  treeAt,
} from './kubernetes-object.ts';
import { goodValues, helm, objectsIn, renderText, valuesIn } from './render-chart.ts';

/** What a cluster does with the objects, which no schema says. */
const render = async (...options: string[]): Promise<Tree[]> => {
  const sets = options.flatMap((option) => ['--set', option]);
  const { stdout } = await helm(
    'template',
    'chat',
    '.',
    '--namespace',
    'chat',
    '--values',
    'ci/default-values.yaml',
    ...sets,
  );
  return objectsIn(stdout);
};
const find = (objects: readonly Tree[], kind: string, component: string): Tree | undefined =>
  objects.find((object) => object['kind'] === kind && componentOf(object) === component);
const configFor = (objects: readonly Tree[], component: string): unknown =>
  parse(String(treeAt(find(objects, 'ConfigMap', component), 'data')['config.yaml']));

describe.each(goodValues())('%s', (file) => {
  let objects: Tree[];
  beforeAll(async () => {
    objects = objectsIn(await renderText(file));
  });

  test('a volume of one node never has to be on two: its pod is replaced by Recreate, and the backup runs beside it', () => {
    const isAlone = at(valuesIn(file), 'media.persistence.accessMode') === 'ReadWriteOnce';
    for (const deployment of objects.filter(({ kind }) => kind === 'Deployment')) {
      const claims = listAt(deployment, 'spec.template.spec.volumes').filter(
        (volume) => at(volume, 'persistentVolumeClaim') !== undefined,
      );
      const isRecreated = textAt(deployment, 'spec.strategy.type') === 'Recreate';
      expect(isRecreated, componentOf(deployment)).toBe(isAlone && claims.length > 0);
      if (isRecreated) {
        expect(textAt(deployment, 'spec.replicas')).toBe('1');
        expect(at(deployment, 'spec.strategy.rollingUpdate')).toBeUndefined();
      }
    }
    const backup = find(objects, 'CronJob', 'backup');
    const affinity = at(backup, 'spec.jobTemplate.spec.template.spec.affinity.podAffinity');
    expect(affinity !== undefined).toBe(isAlone && backup !== undefined);
  });

  test('pods of our image run as the user that the image is built for', () => {
    const user = /^USER (\d+):\d+$/m.exec(readFileSync(join(repository, 'deploy/Dockerfile'), 'utf8'))?.[1];
    for (const { name, spec } of podsOf(objects)) expect(textAt(spec, 'securityContext.runAsUser'), name).toBe(user);
  });

  test('every volume that a pod mounts is there, every ServiceAccount and ConfigMap that it names too', () => {
    for (const { name, spec } of podsOf(objects)) {
      const volumes = new Set(listAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
      // A StatefulSet makes this one for each pod.
      volumes.add('data');
      for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')])
        for (const mount of listAt(container, 'volumeMounts'))
          expect([...volumes], name).toContain(textAt(mount, 'name'));
      for (const volume of listAt(spec, 'volumes').filter((one) => at(one, 'configMap.name') !== undefined))
        expect(
          objects.some(
            ({ kind, ...object }) =>
              kind === 'ConfigMap' && textAt(object, 'metadata.name') === textAt(volume, 'configMap.name'),
          ),
          name,
        ).toBe(true);
    }
  });

  test('nothing is told to trust X-Forwarded-For that the operator has not named, but services that only our gateway reaches', () => {
    const named = listAt(valuesIn(file), 'config.trustedProxies');
    for (const map of objects.filter(
      (object) => object['kind'] === 'ConfigMap' && 'config.yaml' in treeAt(object, 'data'),
    )) {
      const component = componentOf(map);
      const ingress = listAt(find(objects, 'NetworkPolicy', component), 'spec.ingress').filter((rule) =>
        listAt(rule, 'ports').some((port) => textAt(port, 'port') === '8080'),
      );
      const peers = ingress.flatMap((rule) =>
        listAt(rule, 'from').map((peer) => selectedComponent(treeAt(peer, 'podSelector'))),
      );
      const isOpen = ingress.some((rule) => at(rule, 'from') === undefined) || peers.some((peer) => peer !== 'gateway');
      const trusted = listAt(parse(String(treeAt(map, 'data')['config.yaml'])), 'trustedProxies');
      if (isOpen || component === 'gateway') expect(trusted, component).toEqual(named);
    }
  });
});

describe('Ingress', () => {
  const ingress = async (...options: string[]) =>
    find(await render('ingress.enabled=true', ...options), 'Ingress', 'gateway');
  const annotation = (object: Tree | undefined, key: string): unknown => treeAt(object, 'metadata.annotations')[key];
  const bodySize = 'nginx.ingress.kubernetes.io/proxy-body-size';

  test('of ingress-nginx takes uploads as large as the product does, without buffering, and waits for long polls', async () => {
    const byDefault = await ingress('ingress.className=nginx');
    expect(annotation(byDefault, bodySize)).toBe(String(configOf({}).media.maxUploadBytes));
    const larger = await ingress(
      'ingress.controller=nginx',
      'ingress.className=public',
      'config.media.maxUploadBytes=209715200',
    );
    expect(annotation(larger, bodySize)).toBe('209715200');
    for (const key of ['proxy-request-buffering', 'proxy-buffering'])
      expect(annotation(larger, `nginx.ingress.kubernetes.io/${key}`)).toBe('off');
    expect(Number(annotation(larger, 'nginx.ingress.kubernetes.io/proxy-read-timeout'))).toBeGreaterThan(60);
  });

  test('keeps what the operator says, and has no settings of another controller', async () => {
    const own = await ingress(
      'ingress.className=nginx',
      `ingress.annotations.nginx\\.ingress\\.kubernetes\\.io/proxy-body-size=5m`,
    );
    expect(annotation(own, bodySize)).toBe('5m');
    expect(JSON.stringify(await ingress('ingress.className=traefik'))).not.toContain('nginx');
  });

  test("routes more paths where the operator says so, and the administrators' API only then", async () => {
    const plain = JSON.stringify(await ingress());
    expect(plain).not.toMatch(/_synapse|_plexus/);
    const more = JSON.stringify(
      await ingress(
        'routes.admin=true',
        'ingress.extraPaths[0].path=/web',
        'ingress.extraPaths[0].pathType=Prefix',
        'ingress.extraPaths[0].backend.service.name=element',
      ),
    );
    for (const path of ['/_synapse', '/_plexus/admin', '/web']) expect(more).toContain(`"path":"${path}"`);
  });
});

test('the API of administrators is answered where it is routed, and nowhere else', async () => {
  expect(configFor(await render(), 'gateway')).not.toHaveProperty('adminApi');
  for (const component of ['gateway', 'clientapi'])
    expect(configFor(await render('routes.admin=true'), component)).toMatchObject({ adminApi: true });
});

test('HTTPRoutes match no path of the administrators, unless they are told to', async () => {
  const routes = ['httpRoute.enabled=true', 'httpRoute.parentRefs[0].name=public'];
  const text = (objects: Tree[]) => JSON.stringify(objects.filter(({ kind }) => kind === 'HTTPRoute'));
  expect(text(await render(...routes))).not.toMatch(/_synapse|_plexus/);
  expect(text(await render(...routes, 'routes.admin=true'))).toMatch(/_plexus\/admin[\s\S]*_synapse/);
});

describe('without federation', () => {
  test('there is no federationapi, and nobody asks or routes to it', async () => {
    const objects = await render('config.federation.enabled=false', 'ingress.enabled=true');
    expect(JSON.stringify(objects.filter(({ kind }) => kind !== 'ConfigMap'))).not.toContain('federationapi');
    for (const component of ['roomserver', 'gateway', 'clientapi'])
      expect(Object.keys(treeAt(configFor(objects, component), 'services'))).not.toContain('federationapi');
  });
});

describe('all services in one pod', () => {
  test('one Deployment of one pod holds them, clients come in there, and Redis may be left out', async () => {
    const objects = objectsIn(await renderText('ci/one-pod-values.yaml'));
    expect(objects.filter(({ kind }) => kind === 'Deployment').map(componentOf)).toEqual(['all']);
    const [container] = listAt(find(objects, 'Deployment', 'all'), 'spec.template.spec.containers');
    expect(listAt(container, 'args').slice(0, 2)).toEqual(['run', 'all']);
    expect(stringify(find(objects, 'Ingress', 'all'))).toContain('name: chat-plexus-all');
    expect(configFor(objects, 'all')).not.toHaveProperty('redis');
    expect(configFor(objects, 'all')).toMatchObject({ services: {}, listen: { http: { port: 8080 } } });
    expect(JSON.stringify(find(objects, 'Pod', 'round-trip'))).toContain('http://chat-plexus-all:8080');
  });
});

describe('values that operators ask for', () => {
  let objects: Tree[];
  beforeAll(async () => {
    objects = objectsIn(await renderText('ci/dual-stack-values.yaml'));
  });

  test('hooks: labels and annotations of Jobs and their pods', () => {
    for (const component of ['generate-secrets', 'migrate']) {
      const job = find(objects, 'Job', component);
      expect(treeAt(job, 'metadata.annotations')).toMatchObject({
        'example.org/job': 'yes',
        'helm.sh/hook': expect.any(String),
      });
      expect(treeAt(job, 'spec.template.metadata')).toMatchObject({
        labels: { 'sidecar.istio.io/inject': 'false' },
        annotations: { 'example.org/pod': 'yes' },
      });
    }
    expect(treeAt(find(objects, 'ServiceAccount', 'generate-secrets'), 'metadata.annotations')).toMatchObject({
      'example.org/account': 'yes',
    });
  });

  test('both families of addresses: on every Service, and on what listens', () => {
    for (const service of objects.filter(({ kind }) => kind === 'Service'))
      expect(service['spec']).toMatchObject({ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] });
    expect(configFor(objects, 'gateway')).toMatchObject({ listen: { http: { host: '::' } } });
  });

  test('type of the Service that clients come in by, and of no other', () => {
    const services = objects.filter(({ kind }) => kind === 'Service');
    expect(
      services
        .filter((service) => textAt(service, 'spec.type') === 'LoadBalancer')
        .map((service) => textAt(service, 'metadata.name')),
    ).toEqual(['chat-plexus-gateway']);
  });

  test('one registry for every image', () => {
    for (const { name, spec } of podsOf(objects))
      for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')])
        expect(textAt(container, 'image'), name).toMatch(/^mirror\.example\.org\/hub\//);
  });

  test("a ServiceAccount of the operator's instead of ours, and what runs before a container is stopped", () => {
    for (const deployment of objects.filter(({ kind }) => kind === 'Deployment')) {
      expect(textAt(deployment, 'spec.template.spec.serviceAccountName')).toBe('chat');
      expect(find(objects, 'ServiceAccount', componentOf(deployment))).toBeUndefined();
      const [container] = listAt(deployment, 'spec.template.spec.containers').filter(isTree);
      expect(at(container, 'lifecycle.preStop')).toMatchObject({ exec: {} });
    }
  });

  test('a backup in the cluster reads the media, and has a volume of its own', () => {
    const [backup] = podsOf(objects).filter(({ component }) => component === 'backup');
    const [container] = listAt(backup?.spec, 'containers');
    const mounts = listAt(container, 'volumeMounts').map((mount) => [
      textAt(mount, 'mountPath'),
      at(mount, 'readOnly') === true,
    ]);
    expect(mounts).toEqual(
      expect.arrayContaining([
        ['/var/lib/plexus/media', true],
        ['/run/plexus/appservices', true],
        ['/backup', false],
      ]),
    );
    expect(JSON.stringify(backup?.spec)).toContain('"claimName":"backups"');
  });

  test('a backup goes into the folder of its day, is verified, and links the media of the last whole one of another day', async () => {
    const [backup] = podsOf(objects).filter(({ component }) => component === 'backup');
    const [, , script = ''] = listAt(listAt(backup?.spec, 'containers')[0], 'command').map(String);
    const folder = mkdtempSync(join(tmpdir(), 'plexus-backup-job-'));
    const program = join(folder, 'plexus');
    writeFileSync(program, '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const days = join(folder, 'backup');
    mkdirSync(days);
    const job = async (): Promise<string> => {
      const environment = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` };
      const here = script.replaceAll('/backup/', `${days}/`);
      return (await promisify(execFile)('/bin/sh', ['-euc', here], { env: environment })).stdout;
    };
    const today = new Date().toLocaleDateString('en-US', { weekday: 'short', timeZone: 'UTC' });
    const first = `backup create --config /etc/plexus/config.yaml --to ${days}/${today}\nbackup verify ${days}/${today}\n`;
    expect(await job()).toBe(first);
    // Neither what was interrupted nor the folder that file systems keep for lost files is a backup.
    for (const name of ['lost+found', 'interrupted', today, 'whole']) mkdirSync(join(days, name));
    for (const name of [today, 'whole']) writeFileSync(join(days, name, 'manifest.json'), '{}');
    expect(await job()).toContain(`--to ${days}/${today} --since ${days}/whole\n`);
  });
});
