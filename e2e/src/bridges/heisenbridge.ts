import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePorts } from '@plexus/cli/servers';
import { failureOf, killed } from './irc-server.ts';

export interface Heisenbridge {
  /** What it has printed. */
  output(): string;
  /** Why it ended, if it did. */
  failure(): Error | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

const python = { command: 'python3', args: ['-m', 'heisenbridge'] };

function environment(): NodeJS.ProcessEnv {
  const folder = process.env['PLEXUS_TEST_HEISENBRIDGE'];
  if (folder === undefined) throw new Error('heisenbridge is missing: ./plexus test installs it, with pip');
  return { ...process.env, PYTHONPATH: folder, PYTHONUNBUFFERED: '1' };
}

/** Has heisenbridge write its registration file, as its operators do. */
export async function generateRegistration(file: string): Promise<void> {
  const [port = 0] = await freePorts(1);
  const args = [...python.args, '--config', file, '--listen-port', String(port), '--generate'];
  await promisify(execFile)(python.command, args, { env: environment() });
}

/** heisenbridge (mautrix-python), that serves the owner. */
export function startHeisenbridge(file: string, homeserver: string, owner: string): Heisenbridge {
  const args = [...python.args, '--config', file, '-vv', '--owner', owner, homeserver];
  const child = spawn(python.command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', (line) => lines.push(line));
  return {
    output: () => lines.join('\n'),
    failure: failureOf(child, 'heisenbridge'),
    [Symbol.asyncDispose]: () => killed(child),
  };
}
