import { join } from 'node:path';
import { checkout } from '../infrastructure/checkout.ts';

/** A program that exits 0 when all is well. */
export interface ProgramCheck {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

const tool = (name: string): string => join(checkout, 'node_modules', '.bin', name);
const atRoot = { cwd: checkout };
const atProtos = { cwd: join(checkout, 'proto') };

export const programChecks: readonly ProgramCheck[] = [
  { name: 'format', command: tool('biome'), args: ['ci', '--colors=off', '--max-diagnostics=50', '.'], ...atRoot },
  { name: 'lint', command: tool('oxlint'), args: ['--type-aware', '--deny-warnings', '.'], ...atRoot },
  { name: 'types', command: tool('tsc'), args: ['-p', '.', '--noEmit'], ...atRoot },
  { name: 'dead code', command: tool('knip'), args: ['--no-progress', '--no-config-hints'], ...atRoot },
  { name: 'protos', command: tool('buf'), args: ['lint'], ...atProtos },
  { name: 'proto format', command: tool('buf'), args: ['format', '--diff', '--exit-code'], ...atProtos },
];
