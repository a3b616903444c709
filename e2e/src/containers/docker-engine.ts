import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout } from '../stack/stack.ts';

export interface Ran {
  readonly code: number;
  readonly output: string;
}

export interface DockerEngine {
  /** `docker …`; throws with what it printed when it fails. */
  docker(...args: string[]): Promise<string>;
  /** A program with this engine in its environment; never throws for an exit code. */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  stop(): Promise<void>;
}

const START_MS = 60_000;

/** The engine of this machine when one answers, else one of the test's own, whose images stay for the next run. */
export async function dockerEngine(): Promise<DockerEngine> {
  const given = engineAt(undefined, async () => {});
  if ((await given.run('docker', ['info'])).code === 0) return given;
  return ownEngine();
}

async function ownEngine(): Promise<DockerEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'plexus-docker-'));
  const socket = `unix://${folder}/docker.sock`;
  const logFile = join(folder, 'log');
  const log = openSync(logFile, 'w');
  const child = spawn(
    'dockerd',
    ['--data-root', join(checkout, '.plexus', 'docker'), '--exec-root', join(folder, 'exec')].concat([
      '--host',
      socket,
      '--pidfile',
      join(folder, 'pid'),
    ]),
    { stdio: ['ignore', log, log] },
  );
  const engine = engineAt(socket, async () => {
    await ended(child);
    // The engine leaves it mounted.
    await engine.run('umount', [join(folder, 'exec', 'netns', 'default')]);
    await rm(folder, { recursive: true, force: true });
  });
  const deadline = performance.now() + START_MS;
  while ((await engine.run('docker', ['info'])).code !== 0) {
    if (child.exitCode === null && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    await ended(child);
    throw new Error(
      `dockerd does not start; it needs root. It said:\n${(await readFile(logFile, 'utf8')).slice(-2000)}`,
    );
  }
  return engine;
}

function engineAt(socket: string | undefined, stop: () => Promise<void>): DockerEngine {
  const engine = socket === undefined ? {} : { DOCKER_HOST: socket };
  const run: DockerEngine['run'] = (program, args, env = {}) =>
    new Promise((resolve) => {
      const options = { cwd: checkout, env: { ...process.env, ...engine, ...env }, maxBuffer: 1 << 26 };
      execFile(program, [...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
        resolve({ code, output: `${stdout}${stderr}${code === 127 ? error?.message : ''}` });
      });
    });
  return {
    run,
    stop,
    async docker(...args) {
      const { code, output } = await run('docker', args);
      if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${output}`);
      return output.trim();
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
