import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, messageOf } from '../cli-error.ts';
import { checkout } from '../infrastructure/checkout.ts';
import { run } from '../infrastructure/executables.ts';

const buf = join(checkout, 'node_modules', '.bin', 'buf');
const protos = join(checkout, 'proto');
const generated = join(checkout, 'libs', 'contracts', 'src', 'gen');

/** Compares the contracts with those of the commit before; answers what was compared. */
export const checkBreaking = async (): Promise<string> => {
  if (!(await hasProtosBefore())) return 'there is no commit before';
  await runBuf(['breaking', '--against', '../.git#ref=HEAD~,subdir=proto']);
  return 'compatible with the commit before';
};

const hasProtosBefore = async (): Promise<boolean> => {
  try {
    await run('git', ['cat-file', '-e', 'HEAD~:proto/buf.yaml'], { cwd: checkout });
    return true;
  } catch {
    return false; // A first commit, or a clone without history.
  }
};

/** Generates the code anew, elsewhere, and compares it with what is committed. */
export const checkGenerated = async (): Promise<string> => {
  const scratch = join(checkout, '.plexus', 'check');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'generated-'));
  try {
    // buf puts an output that begins with ../ relative to this base, so the base lies as deep as proto/ does.
    await runBuf(['generate', '--output', join(folder, 'proto')]);
    const fresh = join(folder, 'libs', 'contracts', 'src', 'gen');
    const files = new Set([...listFiles(fresh), ...listFiles(generated)]);
    const different = [...files].filter((file) => read(join(fresh, file)) !== read(join(generated, file)));
    if (different.length > 0)
      throw new CliError(`libs/contracts/src/gen is not what buf generate makes of proto/: ${different.join(', ')}`);
    return `${files.size} generated files are current`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const runBuf = async (args: readonly string[]): Promise<void> => {
  try {
    await run(buf, args, { cwd: protos });
  } catch (error) {
    const output = typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout).trim() : '';
    throw new CliError(output === '' ? messageOf(error) : output);
  }
};

const listFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Only in the other folder.
  }
};
