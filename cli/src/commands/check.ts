import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { type ProgramCheck, programChecks } from '../checks/checks.ts';
import { checkBreaking, checkGenerated } from '../checks/proto-checks.ts';
import { messageOf } from '../cli-error.ts';

interface Check {
  readonly name: string;
  /** @throws with what is wrong. */
  run(): Promise<string>;
}

const checks: readonly Check[] = [
  ...programChecks.map((check) => ({ name: check.name, run: () => runProgram(check) })),
  { name: 'proto change', run: checkBreaking },
  { name: 'proto code', run: checkGenerated },
];

/** As many at a time as CI's machine has cores. */
const atATime = 2;

export const addCheckCommand = (program: Command, settle: (exitCode: number) => void): void => {
  program
    .command('check')
    .description('format, lint, types, boundaries, dead code, protos: all are run, also when one fails')
    .action(async () => settle(await check()));
};

const check = async (): Promise<number> => {
  const queue = [...checks];
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      if (!(await runOne(next))) failed.push(next.name);
  };
  await Promise.all(Array.from({ length: atATime }, work));
  console.log(failed.length === 0 ? `all ${checks.length} checks are green` : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
};

const runOne = async ({ name, run }: Check): Promise<boolean> => {
  const beganAt = performance.now();
  const print = (text: string): void =>
    console.log(`  ${name.padEnd(12)} ${text} (${Math.round(performance.now() - beganAt)} ms)`);
  try {
    print(await run());
    return true;
  } catch (error) {
    print('failed');
    console.log(error instanceof Error ? error.message : messageOf(error));
    return false;
  }
};

const runProgram = ({ command, args, cwd }: ProgramCheck): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString('utf8');
      });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve('ok');
      else reject(new Error(output.trim()));
    });
  });
