import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const programs = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
  'helm',
  'openssl',
];

export interface TestCluster {
  readonly url: string;
  /** File of the cluster's certificate authority. */
  readonly authorityFile: string;
  kubectl(args: readonly string[], input?: string): Promise<string>;
  helm(args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** A real API server, controller manager and scheduler on etcd, with three nodes that kwok plays. @throws Error naming what is missing. */
export const startTestCluster = async (folder: string): Promise<TestCluster> => {
  await checkPrograms();
  mkdirSync(folder, { recursive: true });
  const [etcdPort = 0, peerPort = 0, apiPort = 0, controllerPort = 0, schedulerPort = 0] = await freePorts(5);
  const token = randomBytes(16).toString('hex');
  await makeCertificates(folder);
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,1,system:masters\n`, { mode: 0o600 });
  const url = `https://127.0.0.1:${apiPort}`;
  const kubeconfig = join(folder, 'kubeconfig');
  const authorityFile = join(folder, 'ca.crt');
  writeFileSync(kubeconfig, kubeconfigOf(url, authorityFile, token), { mode: 0o600 });
  const children: ChildProcess[] = [];
  const start = (command: string, ...args: readonly string[]): void => {
    const log = openSync(join(folder, `${command}.log`), 'w');
    children.push(spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] }));
  };
  const environment = { ...process.env, KUBECONFIG: kubeconfig, HELM_CACHE_HOME: join(folder, 'helm') };
  const call = async (command: string, args: readonly string[], input = ''): Promise<string> => {
    const child = run(command, args, { env: environment, maxBuffer: 1 << 26 });
    child.child.stdin?.end(input);
    return (await child).stdout;
  };
  const cluster: TestCluster = {
    url,
    authorityFile,
    kubectl: (args, input) => call('kubectl', args, input),
    helm: (args) => call('helm', args),
    stop: async () => {
      for (const child of children.toReversed()) {
        if (child.exitCode !== null) continue;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        await Promise.race([ended, pass(5_000)]);
        child.kill('SIGKILL');
      }
    },
  };
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  start(
    'etcd',
    '--data-dir',
    'etcd',
    '--listen-client-urls',
    etcd,
    '--advertise-client-urls',
    etcd,
    '--listen-peer-urls',
    peer,
    '--initial-advertise-peer-urls',
    peer,
    '--initial-cluster',
    `default=${peer}`,
    '--unsafe-no-fsync',
  );
  start(
    'kube-apiserver',
    `--etcd-servers=${etcd}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    '--tls-cert-file=api.crt',
    '--tls-private-key-file=api.key',
    '--client-ca-file=ca.crt',
    '--token-auth-file=tokens.csv',
    '--authorization-mode=RBAC',
    '--service-account-key-file=accounts.key',
    '--service-account-signing-key-file=accounts.key',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.43.0.0/22',
    // An etcd of Debian tells no progress of watches, which lists by watching need.
    '--feature-gates=WatchList=false',
    '--cert-dir=made',
  );
  const config = `--kubeconfig=${kubeconfig}`;
  start(
    'kube-controller-manager',
    config,
    '--use-service-account-credentials=true',
    '--service-account-private-key-file=accounts.key',
    '--root-ca-file=ca.crt',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${controllerPort}`,
    '--cert-dir=made',
    '--controllers=*,-node-ipam-controller',
  );
  start(
    'kube-scheduler',
    config,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${schedulerPort}`,
    '--cert-dir=made',
  );
  try {
    await until('the API server is ready', async () => (await cluster.kubectl(['get', '--raw', '/readyz'])) === 'ok');
    start(
      'kwok',
      config,
      '--config',
      join(import.meta.dirname, 'kwok.yaml'),
      '--manage-all-nodes',
      '--node-lease-duration-seconds=40',
    );
    await cluster.kubectl(['apply', '-f', '-'], nodes());
    await until('the nodes are ready', async () => {
      const ready = await cluster.kubectl(['get', 'nodes', '-o', 'jsonpath={.items[?(@.spec.taints)].metadata.name}']);
      return ready === '';
    });
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
};

/** Asks twice a second, for a minute. */
export const until = async (what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> => {
  let last: unknown;
  for (let left = seconds * 2; left > 0; left--) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await pass(500);
  }
  throw new Error(`not within ${seconds} s: ${what}${last instanceof Error ? ` (${last.message.slice(0, 300)})` : ''}`);
};

const checkPrograms = async (): Promise<void> => {
  const missing: string[] = [];
  for (const program of programs) await run('which', [program]).catch(() => missing.push(program));
  if (missing.length > 0)
    throw new Error(
      `${missing.join(', ')} missing: put them on PATH (Kubernetes 1.28 or newer, kwok 0.8, etcd 3.4 or newer, helm 3.14 or newer)`,
    );
};

const makeCertificates = async (folder: string): Promise<void> => {
  const openssl = (...args: readonly string[]): Promise<unknown> => run('openssl', args, { cwd: folder });
  writeFileSync(join(folder, 'api.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost,IP:10.43.0.1\n');
  const newKey = ['-newkey', 'rsa:2048', '-nodes', '-subj'];
  await openssl('genrsa', '-out', 'accounts.key', '2048');
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '/CN=plexus-release-test',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
  );
  await openssl('req', ...newKey, '/CN=kube-apiserver', '-keyout', 'api.key', '-out', 'api.csr');
  const signed = ['x509', '-req', '-in', 'api.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  await openssl(...signed, '-out', 'api.crt', '-days', '2', '-extfile', 'api.ext');
};

const kubeconfigOf = (server: string, authority: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    'current-context': 'test',
  });

/** Three nodes in three zones, and volumes for whoever claims one. */
const nodes = (): string => {
  const items = ['a', 'b', 'c'].flatMap((zone) => [
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `node-${zone}`,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: {
          'kubernetes.io/hostname': `node-${zone}`,
          'kubernetes.io/arch': 'amd64',
          'topology.kubernetes.io/zone': zone,
        },
      },
    },
    ...[1, 2].map((n) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `volume-${zone}${n}` },
      spec: {
        capacity: { storage: '100Gi' },
        accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
        hostPath: { path: '/none' },
      },
    })),
  ]);
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
};

const freePorts = async (count: number): Promise<number[]> => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  return servers.map((server) => {
    const address = server.address();
    server.close();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
};
