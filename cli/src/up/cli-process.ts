import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CliError } from '../cli-error.ts';
import { checkout } from '../infrastructure/checkout.ts';
import { probe } from '../infrastructure/http-probe.ts';
import type { ProcessSpec } from '../processes/supervised-process.ts';

const main = join(checkout, 'cli', 'src', 'main.ts');

/**
 * A young generation of 8 MB: with Node's 16 MB all services idle in 20 MB more, with 4 MB a delivery by long poll costs 5 to 15 % more CPU (what a
 * poll holds while it waits is copied at every scavenge).
 */
const nodeFlags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=8'];

/** `plexus run NAME…` as a supervised process. */
export const servicesSpec = (process: {
  name: string;
  configFile: string;
  logFile: string;
  metricsUrl: string;
  runs: readonly string[];
}): ProcessSpec => ({
  name: process.name,
  command: globalThis.process.execPath,
  args: [...nodeFlags, main, 'run', ...process.runs, '--config', process.configFile],
  logFile: process.logFile,
  tethered: true,
  stopSignal: 'SIGTERM',
  readyWithinMs: 60_000,
  isReady: async () => (await probe(`${process.metricsUrl}/health/ready`))?.status === 200,
  isAlive: async () => (await probe(`${process.metricsUrl}/health/live`))?.status === 200,
});

/**
 * Runs a command of this CLI to its end and answers what it printed.
 * @param line told of each line as it comes.
 * @throws CliError with what it said on stderr, and its exit code.
 */
export const runCli = async (args: readonly string[], line?: (text: string) => void): Promise<string> => {
  const child = spawn(process.execPath, [...nodeFlags, main, ...args], { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  if (line !== undefined) createInterface({ input: child.stdout }).on('line', line);
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return output;
  throw new CliError(complaint.trim() || `plexus ${args[0]} ended with exit code ${code}`, code === 2 ? 2 : 1);
};
