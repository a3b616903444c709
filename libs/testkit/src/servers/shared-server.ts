import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { privateDirectory, type ServerKind } from './run-server.ts';

const variables = {
  postgres: 'PLEXUS_TEST_POSTGRES',
  nats: 'PLEXUS_TEST_NATS',
  redis: 'PLEXUS_TEST_REDIS',
} as const;
const readyWithinMs = 45_000;
const known = new Map<ServerKind, Promise<string>>();

/**
 * URL of the server that all test files of this run share: the one named in the environment, else one that the first file to ask has
 * started, and that ends with the run.
 */
export function sharedServer(kind: ServerKind): Promise<string> {
  const given = process.env[variables[kind]];
  if (given !== undefined && given !== '') return Promise.resolve(given);
  const url = known.get(kind) ?? startOrFind(kind);
  known.set(kind, url);
  return url;
}

async function startOrFind(kind: ServerKind): Promise<string> {
  const owner = ownerOfRun();
  const run = join(tmpdir(), `plexus-test-${owner}`);
  await privateDirectory(run);
  const directory = join(run, kind);
  if (await isFirst(directory)) {
    const keeper = fileURLToPath(new URL('./keep-server.ts', import.meta.url));
    spawn(process.execPath, [keeper, kind, directory, String(owner)], { detached: true, stdio: 'ignore' }).unref();
  }
  return urlOf(kind, directory);
}

/** vitest runs test files in child processes or threads of the one process that is the run. */
function ownerOfRun(): number {
  return process.env['VITEST'] !== undefined && isMainThread ? process.ppid : process.pid;
}

/** Of all processes of the run one makes the directory. */
async function isFirst(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o711 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function urlOf(kind: ServerKind, directory: string): Promise<string> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const url = await contents(join(directory, 'url'));
    if (url !== undefined) return url;
    const error = await contents(join(directory, 'error'));
    if (error !== undefined) throw new Error(`${kind} for tests: ${error}`);
    if (performance.now() > deadline) throw new Error(`${kind} for tests did not start`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function contents(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
