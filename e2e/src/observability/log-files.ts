import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '../stack/stack.ts';

/** Text of every file under DATA/logs by its name without `.log`. */
export async function readLogs(stack: Stack): Promise<Map<string, string>> {
  const directory = join(stack.data, 'logs');
  const files = await readdir(directory);
  const texts = files.map(
    async (file) => [file.replace(/\.log$/, ''), await readFile(join(directory, file), 'utf8')] as const,
  );
  return new Map(await Promise.all(texts));
}

/** The secrets that the stack made for itself: passwords and tokens between its servers, and the seed of its signing key. */
export async function secretsOf(stack: Stack): Promise<string[]> {
  const secrets: unknown = JSON.parse(await readFile(join(stack.data, 'keys', 'secrets.json'), 'utf8'));
  const [, , seed = ''] = (await readFile(join(stack.data, 'keys', 'signing.key'), 'utf8')).trim().split(' ');
  return [seed, ...Object.values(typeof secrets === 'object' && secrets !== null ? secrets : {}).map(String)];
}
