import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { openDatabase } from '@plexus/postgres';
import { testObservability } from '@plexus/testkit';
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
  const { postgresUrl: url } = await stack.state();
  const database = openDatabase({ url, maxConnections: 2, observability: testObservability() });
  const set = async (name: string, text: string) => {
    await database.query({ name: `e2e_${name}`, text }, []);
    await database.query({ name: 'e2e_reload', text: 'SELECT pg_reload_conf()' }, []);
  };
  await set('read_only', 'ALTER SYSTEM SET default_transaction_read_only = on');
  try {
    return await work();
  } finally {
    await set('writable', 'ALTER SYSTEM RESET default_transaction_read_only');
    await database.close();
  }
}
