import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { checkout } from '../infrastructure/checkout.ts';

export const addBenchCommand = (program: Command, settle: (exitCode: number) => void): void => {
  program
    .command('bench')
    .description('measure this checkout; see bench/')
    .argument('[args...]', 'what bench/src/main.ts is asked')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: readonly string[]) => settle(await bench(args)));
};

const bench = (args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(checkout, 'bench', 'src', 'main.ts'), ...args], { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
