import { rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { endServer, type RunningServer, runNats, runPostgres, runRedis, type ServerKind } from './run-server.ts';

/*
 * A process of its own: starts one server for a test run, writes its URL to <directory>/url, and ends it when the run is over.
 * Arguments: kind, directory, process id of the run.
 */
const [kind, directory, owner] = process.argv.slice(2);
if (directory === undefined || owner === undefined) throw new Error('kind, directory and owner are wanted');

const starts: Record<ServerKind, (directory: string) => Promise<RunningServer>> = {
  postgres: runPostgres,
  nats: runNats,
  redis: runRedis,
};

async function keep(folder: string, ownerId: number): Promise<void> {
  const start = Object.entries(starts).find(([name]) => name === kind)?.[1];
  if (start === undefined) throw new Error(`no server is called ${kind}`);
  const server = await start(join(folder, 'server'));
  // A run that comes to its end in a hurry takes the keeper along.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(folder, server));
  await publish(folder, 'url', server.url);
  const watch = setInterval(() => {
    if (isRunning(ownerId)) return;
    clearInterval(watch);
    void end(folder, server);
  }, 500);
}

async function end(folder: string, server: RunningServer): Promise<void> {
  await endServer(server.process);
  await rm(folder, { recursive: true, force: true });
  await removeWhenEmpty(dirname(folder));
  process.exit(0);
}

/** The last keeper of the run removes the run's directory. */
async function removeWhenEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'ENOENT')))
      throw error;
  }
}

/** Written whole or not at all. */
async function publish(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, `${name}.new`), text);
  await rename(join(folder, `${name}.new`), join(folder, name));
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

try {
  await keep(directory, Number(owner));
} catch (error) {
  await publish(directory, 'error', String(error));
  process.exit(1);
}
