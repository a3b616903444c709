import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, type Stack, startStack } from '../stack/stack.ts';
import { registerUser } from '../stack/user.ts';
import { runnableBlocks } from './guide-blocks.ts';

const blocks = runnableBlocks();
let stack: Stack;
let folder: string;

beforeAll(async () => {
  stack = await startStack('one');
  await registerUser(stack.url);
  folder = await mkdtemp(join(tmpdir(), 'plexus-guide-'));
  // Where the guide's reader stands: beside the program, the data and a configuration.
  await symlink(join(checkout, 'plexus'), join(folder, 'plexus'));
  await symlink(stack.data, join(folder, 'data'));
  await copyFile(join(stack.data, 'run', 'config.json'), join(folder, 'plexus.yaml'));
  await chmod(join(folder, 'plexus.yaml'), 0o600);
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('the operator’s guide, command by command', () => {
  it('has blocks that are run', () => {
    expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThanOrEqual(4);
  });

  it.each(blocks)('$page: $commands', { timeout: 180_000 }, async ({ commands }) => {
    // Folders of the machine become folders of the test.
    const here = commands.replaceAll(/(?<=\s)\/(?=backup\b|etc\/plexus\b)/g, `${folder}/`);
    const ran = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here], {
      cwd: folder,
      maxBuffer: 1 << 26,
    }).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error: unknown) => ({
        code: 1,
        output: error instanceof Error ? `${error.message}${'stdout' in error ? String(error.stdout) : ''}` : '',
      }),
    );
    expect(ran.code, ran.output).toBe(0);
  });
});
