import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chartFolder, repository } from '../chart/generated-files.ts';
import { serviceNames } from '../chart/service-graph.ts';
import { type TestCluster, until } from './test-cluster.ts';

const run = promisify(execFile);
const namespace = 'chat';
const release = 'chat';
const fullName = 'chat-plexus';

export interface Trip {
  readonly cluster: TestCluster;
  readonly folder: string;
}

/** One thing that is shown; answers what was seen. @throws with what was not. */
export interface Step {
  readonly name: string;
  run(trip: Trip): Promise<string>;
}

const values = (file: string): string[] => ['--values', join(chartFolder, 'ci', `${file}-values.yaml`)];
const wait = ['--namespace', namespace, '--wait', '--timeout', '180s'];

const get = ({ cluster }: Trip, what: string, path: string, ...more: readonly string[]): Promise<string> =>
  cluster.kubectl(['--namespace', namespace, 'get', what, '-o', `jsonpath=${path}`, ...more]);

/** What a command that must be refused says. */
const refusal = async (command: Promise<unknown>): Promise<string> => {
  try {
    await command;
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  }
  throw new Error('it was not refused');
};

const expectText = (text: string, wanted: string | RegExp): void => {
  const holds = typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
  if (!holds) throw new Error(`${String(wanted)} is not in: ${text.slice(0, 500)}`);
};

const expectEqual = (found: unknown, wanted: unknown): void => {
  if (found !== wanted) throw new Error(`${String(found)} instead of ${String(wanted)}`);
};

const scaled = [
  '--set',
  'defaults.autoscaling.enabled=true,defaults.autoscaling.minReplicas=3',
  '--set',
  'image.tag=0.1.1',
];
const pods = serviceNames().length * 3 + 2;

export const steps: readonly Step[] = [
  {
    name: 'admission: a namespace that enforces Pod Security "restricted" refuses an ordinary pod',
    async run({ cluster }) {
      await cluster.kubectl(['create', 'namespace', namespace]);
      const label = 'pod-security.kubernetes.io/enforce=restricted';
      await cluster.kubectl([
        'label',
        'namespace',
        namespace,
        label,
        'pod-security.kubernetes.io/enforce-version=latest',
      ]);
      const pod = ['--namespace', namespace, 'run', 'ordinary', '--image=x'];
      const said = await refusal(cluster.kubectl(pod));
      expectText(said, 'violates PodSecurity "restricted:latest"');
      return 'refused';
    },
  },
  {
    name: 'install: hooks before everything else, then every pod ready, spread over nodes',
    async run(trip) {
      const startedAt = performance.now();
      await trip.cluster.helm(['install', release, chartFolder, ...values('three-replicas'), ...wait]);
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const phases = (await get(trip, 'pods', '{.items[*].status.phase}')).split(' ');
      expectEqual(phases.filter((phase) => phase === 'Running').length, pods);
      const placed = (
        await get(trip, 'pods', '{.items[*].spec.nodeName}', '-l', 'app.kubernetes.io/component=roomserver')
      ).split(' ');
      expectEqual(new Set(placed).size, 3);
      const refused = await get(trip, 'events', '{.items[?(@.reason=="FailedCreate")].message}');
      expectEqual(refused, '');
      return `${pods} pods ready after ${seconds} s; the three of roomserver on three nodes; no pod refused by admission`;
    },
  },
  {
    name: 'rights: the Job of the secrets may do what it must and no more, and makes them',
    run: generateSecrets,
  },
  {
    name: 'helm test: the round trip is started as the chart says, within Pod Security and quotas',
    async run({ cluster }) {
      expectText(
        await cluster.helm(['test', release, '--namespace', namespace, '--timeout', '60s']),
        /Phase:\s+Succeeded/,
      );
      return 'the pod was admitted, ran and ended';
    },
  },
  { name: 'disruption budgets: while one pod is away no other may be evicted', run: evictTwo },
  { name: 'upgrade: pods are replaced while as many as before stay ready', run: upgrade },
  {
    name: "autoscaling: the number of pods is the autoscaler's, and an upgrade leaves it alone",
    async run(trip) {
      await trip.cluster.helm(['upgrade', release, chartFolder, ...values('three-replicas'), ...scaled, ...wait]);
      await until(
        'every autoscaler finds its Deployment',
        async () =>
          (await get(trip, 'hpa', '{.items[*].status.conditions[?(@.type=="AbleToScale")].status}'))
            .split(' ')
            .filter((status) => status === 'True').length === serviceNames().length,
      );
      const deployment = `deployment/${fullName}-mediaapi`;
      await trip.cluster.kubectl(['--namespace', namespace, 'scale', deployment, '--replicas=4']);
      await trip.cluster.helm([
        'upgrade',
        release,
        chartFolder,
        ...values('three-replicas'),
        ...scaled,
        '--set',
        'commonLabels.changed=yes',
        ...wait,
      ]);
      expectEqual(await get(trip, deployment, '{.spec.replicas}'), '4');
      return `${serviceNames().length} autoscalers hold their Deployments; 4 pods stayed 4`;
    },
  },
  {
    name: 'a migration that fails stops the upgrade before any pod is touched',
    async run(trip) {
      const image = () => get(trip, `deployment/${fullName}-roomserver`, '{.spec.template.spec.containers[0].image}');
      const before = await image();
      // No node has this label, so the Job of the migration never runs.
      const stuck = [
        '--set',
        'image.tag=0.2.0',
        '--set',
        'defaults.nodeSelector.none=there',
        '--set',
        'secrets.generate=false',
        '--set',
        'migration.timeoutSeconds=10',
      ];
      const secrets = ['signingKey', 'rpcToken', 'registrationSharedSecret'].flatMap((name) => [
        '--set',
        `secrets.${name}.existingSecret=${fullName}-generated`,
      ]);
      const said = await refusal(
        trip.cluster.helm([
          'upgrade',
          release,
          chartFolder,
          ...values('three-replicas'),
          ...scaled,
          ...stuck,
          ...secrets,
          ...wait,
        ]),
      );
      expectText(said, `${fullName}-migrate`);
      expectEqual(await image(), before);
      return `the upgrade failed by its hook; roomserver still runs ${before}`;
    },
  },
  {
    name: 'rollback: the release is again what it was',
    async run(trip) {
      await trip.cluster.helm(['rollback', release, '1', ...wait]);
      expectEqual(
        await get(trip, `deployment/${fullName}-roomserver`, '{.spec.template.spec.containers[0].image}'),
        'plexus:0.1.0',
      );
      expectEqual(await get(trip, 'hpa', '{.items}'), '[]');
      return 'image and replicas of the first revision; no autoscaler is left';
    },
  },
  {
    name: 'state guard: another server name is refused',
    async run({ cluster }) {
      const said = await refusal(
        cluster.helm([
          'upgrade',
          release,
          chartFolder,
          ...values('three-replicas'),
          '--set',
          'serverName=other.example',
          ...wait,
        ]),
      );
      expectText(said, 'serverName: this release belongs to example.org; the name cannot be changed');
      return 'refused with a sentence, before anything was changed';
    },
  },
  {
    name: 'uninstall: the key, the media and the name stay, nothing else',
    async run(trip) {
      await trip.cluster.helm(['uninstall', release, '--namespace', namespace, '--wait', '--timeout', '120s']);
      expectEqual(await get(trip, 'secret', '{.items[?(@.type=="Opaque")].metadata.name}'), `${fullName}-generated`);
      expectEqual(await get(trip, 'pvc', '{.items[*].metadata.name}'), `${fullName}-media`);
      expectEqual(
        await get(trip, 'configmap', '{.items[?(@.metadata.name!="kube-root-ca.crt")].metadata.name}'),
        `${fullName}-state`,
      );
      expectEqual(await get(trip, 'deployments,services,networkpolicies,pdb,hpa,roles,rolebindings', '{.items}'), '[]');
      expectEqual(await get(trip, 'jobs', '{.items[*].metadata.name}'), `${fullName}-migrate`);
      return 'Secret, PersistentVolumeClaim and ConfigMap of the state are left, and for a day the Job that failed';
    },
  },
  {
    name: 'trial stores: StatefulSets with volumes, within Pod Security "restricted"',
    async run({ cluster }) {
      await cluster.kubectl(['create', 'namespace', 'trial']);
      await cluster.kubectl(['label', 'namespace', 'trial', 'pod-security.kubernetes.io/enforce=restricted']);
      await cluster.helm([
        'install',
        'trial',
        chartFolder,
        ...values('trial'),
        '--namespace',
        'trial',
        '--wait',
        '--timeout',
        '180s',
      ]);
      const ready = await cluster.kubectl([
        '--namespace',
        'trial',
        'get',
        'statefulsets',
        '-o',
        'jsonpath={.items[*].status.readyReplicas}',
      ]);
      expectEqual(ready, '1 1 1');
      return 'PostgreSQL, NATS and Redis ready, volumes bound';
    },
  },
];

/** The rules of the chart on a real API server, and our own CLI with the token that the Job's pod would have. */
async function generateSecrets({ cluster, folder }: Trip): Promise<string> {
  const template = ['template', release, chartFolder, '--namespace', namespace, ...values('three-replicas')];
  const rendered = await cluster.helm([...template, '--show-only', 'templates/hooks/generate-secrets.yaml']);
  await cluster.kubectl(['--namespace', namespace, 'apply', '-f', '-'], rendered);
  const account = `${fullName}-generate-secrets`;
  const can = async (...what: readonly string[]): Promise<string> =>
    (
      await cluster
        .kubectl([
          '--namespace',
          namespace,
          'auth',
          'can-i',
          ...what,
          '--as',
          `system:serviceaccount:${namespace}:${account}`,
        ])
        .catch(() => 'no')
    ).trim();
  expectEqual(await can('patch', `secret/${fullName}-generated`), 'yes');
  for (const forbidden of [
    ['list', 'secrets'],
    ['get', 'secret/other'],
    ['get', 'pods'],
    ['delete', `secret/${fullName}-generated`],
  ])
    expectEqual(`${forbidden.join(' ')}: ${await can(...forbidden)}`, `${forbidden.join(' ')}: no`);
  const home = join(folder, 'account');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'token'), await cluster.kubectl(['--namespace', namespace, 'create', 'token', account]), {
    mode: 0o600,
  });
  writeFileSync(join(home, 'ca.crt'), readFileSync(cluster.authorityFile));
  const api = new URL(cluster.url);
  const env = { ...process.env, KUBERNETES_SERVICE_HOST: api.hostname, KUBERNETES_SERVICE_PORT: api.port };
  const names = ['registration-shared-secret', 'rpc-token', 'signing.key'];
  const generate = [
    'keys',
    'generate',
    '--service-account',
    home,
    '--kubernetes-secret',
    `${namespace}/${fullName}-generated`,
    ...names,
  ];
  const plexus = async (): Promise<string> => (await run(join(repository, 'plexus'), generate, { env })).stdout.trim();
  expectEqual(await plexus(), `made: ${names.join(', ')}`);
  const read = () =>
    cluster.kubectl(['--namespace', namespace, 'get', 'secret', `${fullName}-generated`, '-o', 'jsonpath={.data}']);
  const made = await read();
  expectEqual(await plexus(), 'all are there already');
  expectEqual(await read(), made);
  await cluster.kubectl(['--namespace', namespace, 'delete', '--ignore-not-found', '-f', '-'], rendered);
  return `${names.length} secrets made once; no other Secret can be read, none deleted`;
}

/** A new image, and how many pods were ready meanwhile. */
async function upgrade(trip: Trip): Promise<string> {
  const deployment = `deployment/${fullName}-clientapi`;
  await until(
    'all pods are available',
    async () => (await get(trip, deployment, '{.status.availableReplicas}')) === '3',
  );
  const fewest = { ready: 3, samples: 0 };
  const state = { isUpgrading: true };
  const watch = (async () => {
    while (state.isUpgrading) {
      const ready = Number(await get(trip, deployment, '{.status.availableReplicas}'));
      fewest.ready = Math.min(fewest.ready, ready);
      fewest.samples++;
    }
  })();
  try {
    await trip.cluster.helm([
      'upgrade',
      release,
      chartFolder,
      ...values('three-replicas'),
      '--set',
      'image.tag=0.1.1',
      ...wait,
    ]);
  } finally {
    state.isUpgrading = false;
    await watch;
  }
  expectEqual(await get(trip, deployment, '{.status.updatedReplicas}'), '3');
  expectEqual(fewest.ready, 3);
  return `3 of 3 pods replaced, never fewer than 3 available in ${fewest.samples} samples`;
}

/** With no node to go to, the pod that was evicted first stays away. */
async function evictTwo(trip: Trip): Promise<string> {
  const { cluster } = trip;
  const allowed = (count: string) => async () =>
    (await get(trip, `pdb/${fullName}-clientapi`, '{.status.disruptionsAllowed}')) === count;
  await until('the budget has counted its pods', allowed('1'));
  const selector = ['-l', 'app.kubernetes.io/component=clientapi'];
  const [first = '', second = ''] = (await get(trip, 'pods', '{.items[*].metadata.name}', ...selector)).split(' ');
  const nodes = ['node-a', 'node-b', 'node-c'];
  const evict = (name: string): Promise<string> => {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    return cluster.kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(body));
  };
  await cluster.kubectl(['cordon', ...nodes]);
  try {
    await evict(first);
    await until('the budget is spent', allowed('0'));
    expectText(await refusal(evict(second)), "Cannot evict pod as it would violate the pod's disruption budget");
  } finally {
    await cluster.kubectl(['uncordon', ...nodes]);
  }
  return 'the first eviction was granted, the second refused';
}
