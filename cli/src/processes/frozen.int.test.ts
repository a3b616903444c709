import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { prepareNats } from '../infrastructure/nats.ts';
import { freePorts } from '../infrastructure/ports.ts';
import { preparePostgres } from '../infrastructure/postgres.ts';
import { prepareRedis } from '../infrastructure/redis.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { type ProcessSpec, type SupervisedProcess, supervise } from './supervised-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-frozen-'));
const lines: string[] = [];
let identity: ProcessIdentity | undefined;
let supervised: SupervisedProcess | undefined;
let ports: readonly number[];

beforeAll(async () => {
  ports = await freePorts(3);
});
afterEach(async () => {
  await supervised?.stop(5_000);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const port = (index: number): number => ports[index] ?? 0;

const specs: Record<string, () => Promise<ProcessSpec>> = {
  postgres: async () => {
    const options = { folder: join(folder, 'postgres'), sockets: join(folder, 'pg'), port: port(0), durable: false };
    return (await preparePostgres({ ...options, logFile: join(folder, 'postgres.log'), password: 'p' })).spec;
  },
  nats: async () => {
    const options = { folder: join(folder, 'nats'), settingsFile: join(folder, 'nats.conf'), port: port(1) };
    return (await prepareNats({ ...options, logFile: join(folder, 'nats.log'), token: 't', storeLimit: '1GB' })).spec;
  },
  redis: async () => {
    const options = { settingsFile: join(folder, 'redis.conf'), logFile: join(folder, 'redis.log') };
    const redis = await prepareRedis({ ...options, port: port(2), password: 'p' });
    if (redis === undefined) throw new Error('no Redis is installed');
    return redis.spec;
  },
  service: async () => ({
    name: 'service',
    command: process.execPath,
    args: ['-e', `require('node:http').createServer((_, answer) => answer.end()).listen(${port(0)}, '127.0.0.1')`],
    logFile: join(folder, 'service.log'),
    tethered: false,
    stopSignal: 'SIGTERM',
    readyWithinMs: 20_000,
    isReady: () => answers(),
    isAlive: () => answers(),
  }),
};

const answers = (): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port(0)}`, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

test.each(Object.keys(specs))('a %s that is frozen is killed and started again, and a line says so', async (name) => {
  const spec = await specs[name]?.();
  if (spec === undefined) throw new Error('there is no such process');
  const hooks = {
    line: (text: string) => lines.push(text),
    onIdentity: (_: string, now: ProcessIdentity | undefined) => {
      identity = now;
    },
    random: () => 0.5,
  };
  supervised = supervise(spec, hooks, { everyMs: 500, failures: 3 });
  await supervised.start();
  const before = identity;
  if (before === undefined) throw new Error('it does not run');
  process.kill(before.pid, 'SIGSTOP');
  await expect.poll(() => lines.join('\n'), { timeout: 60_000 }).toContain(`${name} runs again`);
  expect(lines).toContainEqual(expect.stringContaining(`${name} hangs`));
  expect(identity?.pid).not.toBe(before.pid);
});
