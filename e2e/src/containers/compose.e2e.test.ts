import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkout } from '../stack/stack.ts';
import { type DockerEngine, dockerEngine } from './docker-engine.ts';

const MAX_IMAGE_BYTES = 250e6;
const project = 'plexus-e2e';
/** What no image can be had for here: they watch, and nothing needs them. */
const notStarted = ['grafana', 'jaeger', 'nats-exporter'];
/** What is run by hand alone. */
const byHand = ['backup'];

let engine: DockerEngine;
const env = {
  PLEXUS_CLIENT_PORT: String(randomInt(12_000, 22_000)),
  PLEXUS_FEDERATION_PORT: String(randomInt(22_000, 32_000)),
};

async function compose(...args: string[]): Promise<string> {
  const { code, output } = await engine.run('docker-compose', ['-p', project, ...args], env);
  if (code !== 0) throw new Error(`docker-compose ${args.join(' ')}: ${output}`);
  return output.trim();
}

async function services(): Promise<string[]> {
  const { services: all } = parse(await readFile(join(checkout, 'docker-compose.yml'), 'utf8'), { merge: true });
  return Object.keys(all).filter((name) => ![...notStarted, ...byHand].includes(name));
}

const checkoutStatus = async () => (await engine.run('git', ['status', '--short'])).output;
let statusBefore: string;

const idOf = (service: string) => compose('ps', '-q', service);

beforeAll(async () => {
  engine = await dockerEngine();
  statusBefore = await checkoutStatus();
  const { code, output } = await engine.run('deploy/images/make-base-images.sh', []);
  if (code !== 0) throw new Error(output.slice(-3000));
  await engine.docker(
    'build',
    '--quiet',
    '--network',
    'host',
    '--force-rm',
    '-f',
    'deploy/Dockerfile',
    '-t',
    'plexus',
    '.',
  );
}, 1_200_000);

afterAll(async () => {
  if (engine === undefined) return;
  await engine.run('docker-compose', ['-p', project, 'down', '-v', '--timeout', '10'], env);
  await engine.stop();
}, 120_000);

describe('the image', () => {
  it('is no larger than 250 MB', async () => {
    const bytes = Number(await engine.docker('image', 'inspect', '--format', '{{.Size}}', 'plexus'));
    console.info(`image: ${(bytes / 1e6).toFixed(0)} MB`);
    expect(bytes).toBeLessThanOrEqual(MAX_IMAGE_BYTES);
  });

  it('runs as another user than root and has no shell', async () => {
    expect(await engine.docker('image', 'inspect', '--format', '{{.Config.User}}', 'plexus')).toBe('65532:65532');
    for (const shell of ['/bin/sh', '/bin/bash', '/bin/busybox'])
      expect((await engine.run('docker', ['run', '--rm', '--entrypoint', shell, 'plexus'])).output).toMatch(
        /no such file/,
      );
  });

  it('says what it is made of', async () => {
    const read = "process.stdout.write(require('fs').readFileSync('/app/sbom.cdx.json'))";
    const text = await engine.docker('run', '--rm', '--entrypoint', '/usr/local/bin/node', 'plexus', '-e', read);
    const { bomFormat, components } = JSON.parse(text);
    expect(bomFormat).toBe('CycloneDX');
    expect(components.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['pg', 'zod']));
  });

  it('says of a wrong configuration which key it is, and starts nothing', async () => {
    const ran = await engine.run('docker', [
      'run',
      '--rm',
      '-e',
      'PLEXUS_CONFIG=colour: blue',
      'plexus',
      'run',
      'clientapi',
    ]);
    expect(ran).toMatchObject({ code: 2, output: expect.stringMatching(/^colour: /m) });
  });
});

describe('docker-compose up on a clean checkout', () => {
  it('makes its secrets, and every container is healthy', { timeout: 400_000 }, async () => {
    const startedAt = performance.now();
    await compose('up', '-d', ...(await services()));
    await expect.poll(() => health('gateway'), { timeout: 120_000, interval: 500 }).toBe('healthy');
    console.info(`compose: healthy after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    for (const service of ['userapi', 'roomserver', 'typing', 'appservice', 'federationapi', 'mediaapi', 'syncapi'])
      await expect.poll(() => health(service), { timeout: 60_000, interval: 500 }).toBe('healthy');
  });

  it('serves clients over TLS: a user, a room, a message, /sync, a file and the key', { timeout: 60_000 }, async () => {
    const secrets = `${project}_secrets:/run/plexus/secrets:ro`;
    const output = await engine.docker(
      ...['run', '--rm', '--network', 'host', '-v', secrets, '-e', 'NODE_TLS_REJECT_UNAUTHORIZED=0', 'plexus'],
      ...['round-trip', `https://127.0.0.1:${env.PLEXUS_CLIENT_PORT}`],
      ...['--shared-secret-file', '/run/plexus/secrets/registration-shared-secret'],
    );
    console.info(output);
  });

  it('is administered from inside a container, without a shell', { timeout: 60_000 }, async () => {
    const admin = (...args: string[]) => compose('exec', '-T', 'clientapi', 'plexus', 'admin', ...args);
    const token = await admin('registration-token', 'create', '--uses', '1');
    expect(await admin('registration-token', 'list')).toContain(`${token}  used 0 of 1`);
    expect(await admin('user', 'list')).toContain('@');
  });

  it('is open to the outside at the gateway alone', async () => {
    const published = await Promise.all(
      (await services()).map(async (service) => {
        const id = await compose('ps', '-aq', service);
        const ports = JSON.parse(await engine.docker('inspect', '--format', '{{json .HostConfig.PortBindings}}', id));
        return [service, Object.keys(ports ?? {}).length] as const;
      }),
    );
    expect(published.filter(([, count]) => count > 0)).toEqual([['gateway', 1]]);
  });

  it("keeps every service's file system read-only, without capabilities", async () => {
    for (const service of ['clientapi', 'mediaapi', 'gateway', 'roomserver']) {
      const host = JSON.parse(await engine.docker('inspect', '--format', '{{json .HostConfig}}', await idOf(service)));
      expect(host).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'] });
    }
  });

  it('is watched: Prometheus finds every process and loads the rules', { timeout: 90_000 }, async () => {
    const ask = (path: string) =>
      `fetch('http://prometheus:9090/api/v1/${path}').then((r) => r.text()).then((t) => process.stdout.write(t))`;
    const query = async (path: string) =>
      JSON.parse(await engine.docker('exec', await idOf('gateway'), '/usr/local/bin/node', '-e', ask(path))).data;
    const up = async (): Promise<string[]> =>
      (await query('targets')).activeTargets
        .filter((target: { health: string }) => target.health === 'up')
        .map((target: { labels: { job: string } }) => target.labels.job)
        .sort();
    await expect
      .poll(up, { timeout: 80_000, interval: 1_000 })
      .toEqual([
        'appservice',
        'clientapi',
        'federationapi',
        'gateway',
        'mediaapi',
        'node',
        'postgres',
        'redis',
        'roomserver',
        'syncapi',
        'typing',
        'userapi',
      ]);
    const measured = async (expression: string) =>
      (await query(`query?query=${encodeURIComponent(expression)}`)).result.length;
    await expect
      .poll(() => measured('node_filesystem_avail_bytes{app="plexus",mountpoint="/postgres"}'), {
        timeout: 60_000,
        interval: 1_000,
      })
      .toBe(1);
    await expect
      .poll(() => measured('pg_up == 1 and on () redis_up == 1'), { timeout: 60_000, interval: 1_000 })
      .toBe(1);
    expect((await query('rules')).groups.length).toBeGreaterThan(2);
  });

  it('shows no secret of its stores in the list of processes', async () => {
    const secrets = `${project}_store-secrets:/secrets:ro`;
    const files = ['postgres-password', 'nats-token', 'redis-password'].map((name) => `/secrets/${name}`);
    const read = `for (const file of ${JSON.stringify(files)}) console.log(require('fs').readFileSync(file, 'utf8').trim())`;
    const run = ['run', '--rm', '-v', secrets, '--entrypoint', '/usr/local/bin/node', 'plexus', '-e', read];
    const values = (await engine.docker(...run)).split('\n');
    expect(values).toHaveLength(3);
    for (const service of await services()) {
      const id = await idOf(service);
      if (id === '' || (await engine.docker('inspect', '--format', '{{.State.Running}}', id)) !== 'true') continue;
      const processes = await engine.docker('top', id, '-eo', 'pid,args');
      expect(
        values.filter((value) => processes.includes(value)),
        service,
      ).toEqual([]);
    }
  });

  it('is backed up by a container of its own, into files that nobody else reads', { timeout: 240_000 }, async () => {
    await engine.docker('build', '--quiet', '--force-rm', '-f', 'deploy/backup.Dockerfile', '-t', 'plexus-backup', '.');
    const output = await compose('run', '--rm', 'backup');
    expect(output).toContain('/backup/latest holds localhost as it was at');
    const verified = await compose('run', '--rm', 'backup', 'backup', 'verify', '/backup/latest');
    expect(verified).toContain('is whole');
    const list = [
      'run',
      '--rm',
      '--entrypoint',
      '/bin/sh',
      'backup',
      '-c',
      'find /backup/latest -type f -perm /077 -name "*.dump"',
    ];
    expect(await compose(...list)).not.toMatch(/\.dump/);
  });

  it('a service is ready again within two seconds of its start', { timeout: 60_000 }, async () => {
    const ready =
      "fetch('http://127.0.0.1:9090/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))";
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      await compose('stop', 'clientapi');
      await compose('start', 'clientapi');
      const id = await idOf('clientapi');
      const startedAt = Date.parse(await engine.docker('inspect', '--format', '{{.State.StartedAt}}', id));
      while ((await engine.run('docker', ['exec', id, '/usr/local/bin/node', '-e', ready])).code !== 0);
      times.push(Date.now() - startedAt);
    }
    console.info(`ready after ${times.join(', ')} ms, looked at from outside`);
    expect(Math.min(...times)).toBeLessThanOrEqual(2_000);
  });

  it('leaves nothing behind when it is taken down with its volumes', { timeout: 120_000 }, async () => {
    await compose('down', '-v', '--timeout', '10');
    const label = ['--filter', `label=com.docker.compose.project=${project}`, '-q'];
    expect(await engine.docker('ps', '-a', ...label)).toBe('');
    expect(await engine.docker('volume', 'ls', ...label)).toBe('');
    expect(await engine.docker('network', 'ls', ...label)).toBe('');
    expect(await checkoutStatus()).toBe(statusBefore);
  });
});

async function health(service: string): Promise<string> {
  return engine.docker(
    'inspect',
    '--format',
    '{{if .State.Health}}{{.State.Health.Status}}{{end}}',
    await idOf(service),
  );
}
