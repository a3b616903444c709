import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What `plexus up` keeps current in run/state.json, as far as tests look at it. */
export interface StackState {
  readonly serverName: string;
  readonly clientUrl: string;
  readonly federationUrl: string;
  readonly postgresUrl: string;
  readonly natsUrl: string;
  readonly redisUrl?: string | undefined;
  /** By process: `all`, or one a service. */
  readonly metricsUrls: Readonly<Record<string, string>>;
  readonly pids: Readonly<Record<string, number>>;
}

export interface Stack {
  readonly url: string;
  readonly serverName: string;
  readonly data: string;
  /** What `up` has printed so far. */
  readonly output: () => string;
  state(): Promise<StackState>;
  /** SIGTERM; resolves with the exit code and how long it took. */
  stop(): Promise<{ code: number | null; milliseconds: number }>;
  [Symbol.asyncDispose](): Promise<void>;
}

export const checkout = new URL('../../../', import.meta.url).pathname;
const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;

export type Layout = 'one' | 'each';
export const layouts: readonly Layout[] = ['one', 'each'];

/** `./plexus up` on a fresh data folder, as a user would start it, with every port its own; without rate limits unless they are asked for. */
export async function startStack(
  layout: Layout,
  extra: readonly string[] = [],
  { rateLimits = false }: { rateLimits?: boolean } = {},
): Promise<Stack> {
  const data = await mkdtemp(join(tmpdir(), `plexus-e2e-${layout}-`));
  const args = ['up', '--data', data, '--server-name', 'localhost', '--port', '0', '--federation-port', '0'];
  const options = ['--processes', layout, '--open-registration', ...(rateLimits ? [] : ['--no-rate-limits']), ...extra];
  const child = spawn(join(checkout, 'plexus'), [...args, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const url = await ready(child, lines);
  const state = async (): Promise<StackState> => JSON.parse(await readFile(join(data, 'run', 'state.json'), 'utf8'));
  const stop = () => stopped(child);
  return {
    url,
    serverName: 'localhost',
    data,
    output: () => lines.join('\n'),
    state,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function ready(child: ChildProcess, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`plexus up ${why}:\n${lines.join('\n')}`));
    const timer = setTimeout(() => fail('was not ready in time'), READY_TIMEOUT_MS);
    const onLine = (line: string): void => {
      lines.push(line);
      const url = /^ready (http\S+)$/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}

function stopped(child: ChildProcess): Promise<{ code: number | null; milliseconds: number }> {
  const startedAt = performance.now();
  const result = () => ({ code: child.exitCode, milliseconds: performance.now() - startedAt });
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(result());
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('plexus up did not stop in time'));
    }, STOP_TIMEOUT_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(result());
    });
    child.kill('SIGTERM');
  });
}
