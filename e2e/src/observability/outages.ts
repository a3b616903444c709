import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Stack } from '../stack/stack.ts';

const run = promisify(execFile);

/** A server and its children stand still for as long as the work takes: it neither answers nor refuses. */
export async function whileStopped<T>(pid: number, work: () => Promise<T>): Promise<T> {
  process.kill(pid, 'SIGSTOP');
  const children = await childrenOf(pid);
  for (const child of children) process.kill(child, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const stopped of [...children, pid]) process.kill(stopped, 'SIGCONT');
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

/** PostgreSQL refuses every write for as long as the work takes, as a primary does that became a standby. */
export async function whileReadOnly<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
  const { pids } = await stack.state();
  const { postgres } = pids;
  if (postgres === undefined) throw new Error('this stack has no PostgreSQL of its own');
  // The file of ALTER SYSTEM: the role of the services is no superuser, and may not change it by a statement.
  const file = join(stack.data, 'postgres', 'postgresql.auto.conf');
  const settings = await readFile(file, 'utf8');
  const set = async (text: string) => {
    await writeFile(file, text);
    process.kill(postgres, 'SIGHUP');
  };
  await set(`${settings}default_transaction_read_only = on\n`);
  try {
    return await work();
  } finally {
    await set(settings);
  }
}
