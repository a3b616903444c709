import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { databaseSize } from './database-size.ts';
import type { Target } from './target.ts';

export interface PlexusTarget extends Target {
  /** Milliseconds from spawn to `ready`, of this start. */
  readonly readyAfterMs: number;
  readonly data: string;
  readonly postgresUrl: string;
  /** Pids of the services' processes (and the gateway's), without PostgreSQL, NATS and Redis. */
  servicePids(): Promise<readonly number[]>;
}

const launcher = new URL('../../../plexus', import.meta.url).pathname;
const infrastructure = new Set(['postgres', 'nats', 'redis', 'up']);

/** `./plexus up` on a data folder (a fresh one when none is named), rate limits off, registration open. */
export async function startPlexus(options: { data?: string; layout?: 'one' | 'each' } = {}): Promise<PlexusTarget> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'plexus-bench-')));
  const layout = options.layout === undefined ? [] : ['--processes', options.layout];
  const args = ['up', '--data', data, '--server-name', 'localhost', '--port', '0', '--federation-port', '0'];
  const startedAt = performance.now();
  const child = spawn(launcher, [...args, '--open-registration', '--no-rate-limits', ...layout], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^ready (http\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`plexus up ended with ${code} before it was ready`)));
  });
  const readyAfterMs = performance.now() - startedAt;
  const state = async (): Promise<{ pids: Record<string, number>; postgresUrl: string }> =>
    JSON.parse(await readFile(join(data, 'run', 'state.json'), 'utf8'));
  const { pids, postgresUrl } = await state();
  const pidsOf = (isWanted: (name: string) => boolean) =>
    Object.entries(pids).flatMap(([name, pid]) => (isWanted(name) ? [pid] : []));
  const servicePids = pidsOf((name) => !infrastructure.has(name));
  return {
    name: 'plexus',
    url,
    sharedSecret: undefined,
    readyAfterMs,
    data,
    postgresUrl,
    groups: [
      { name: 'server', roots: () => [...new Set(pidsOf((name) => name !== 'postgres' && name !== 'up'))] },
      { name: 'database', roots: () => pidsOf((name) => name === 'postgres') },
    ],
    servicePids: async () => [...new Set(servicePids)],
    databaseBytes: () => databaseSize(postgresUrl),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}
